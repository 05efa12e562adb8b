"""Malformed models and the whole message that each must give."""

from __future__ import annotations

# (id, kind of model, text, message)
BAD_MODELS: list[tuple[str, str, str, str]] = [
    (
        "unknown_name_close_to_another",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tua\nspike: v > 0",
        "M, line 2, column 12: unknown name 'tua'; did you mean `tau`?\n"
        "    dv/dt = -v/tua\n"
        "               ^^^",
    ),
    (
        "missing_parameter",
        "neuron",
        "dv/dt = -v/tau\nspike: v > 0",
        "M, line 1, column 12: unknown name 'tau'; define it with a line `tau = value`."
        "\n"
        "    dv/dt = -v/tau\n"
        "               ^^^",
    ),
    (
        "unknown_unit",
        "neuron",
        "tau = 20 msec\ndv/dt = -v/tau\nspike: v > 0",
        "M, line 1, column 10: unknown unit 'msec'; did you mean `ms`?\n"
        "    tau = 20 msec\n"
        "             ^^^^",
    ),
    (
        "number_before_a_name",
        "neuron",
        "r = 2 t",
        "M, line 1, column 7: unknown unit 't'; write `2 * t` for a product.\n"
        "    r = 2 t\n"
        "          ^",
    ),
    (
        "wrong_unit_of_a_time_constant",
        "neuron",
        "tau = 20 mV\nE_L = -70 mV\ntau * dv/dt = E_L - v\nspike: v > 0 mV",
        "M, line 3, column 1: 'tau' is in mV, but dv/dt needs ms here; correct the unit"
        " of 'tau'.\n"
        "    tau * dv/dt = E_L - v\n"
        "    ^^^",
    ),
    (
        "sum_of_different_units",
        "neuron",
        "V = 3 mV\nA = 2 pA\nr = V + A",
        "M, line 3, column 9: a sum joins mV and pA; give both the same unit.\n"
        "    r = V + A\n"
        "            ^",
    ),
    (
        "comparison_of_different_units",
        "neuron",
        "V = 3 mV\nr = V > 3 pA",
        "M, line 2, column 9: a comparison joins mV and pA; give both the same unit.\n"
        "    r = V > 3 pA\n"
        "            ^^^^",
    ),
    (
        "function_of_a_unit",
        "neuron",
        "V = 3 mV\nr = exp(V)",
        "M, line 2, column 9: the argument of 'exp' must have no unit, and this is in m"
        "V; divide it by a quantity of the same unit, as in `x / (1 mV)`.\n"
        "    r = exp(V)\n"
        "            ^",
    ),
    (
        "refractory_in_volts",
        "neuron",
        "r = t\nspike: r > 1\nrefractory: 5 mV",
        "M, line 3, column 13: 'refractory' is a time, and this is in mV; give a time s"
        "uch as `5 ms`.\n"
        "    refractory: 5 mV\n"
        "                ^^^^",
    ),
    (
        "negative_refractory",
        "neuron",
        "r = t\nspike: r > 1\nrefractory: -5",
        "M, line 3, column 14: 'refractory' is negative (-5 ms); give 0 or more.\n"
        "    refractory: -5\n"
        "                 ^",
    ),
    (
        "init_in_another_unit",
        "neuron",
        "E_L = -70 mV\ntau = 5 ms\ntau * dv/dt = E_L - v : init = 5 ms\nspike: v > 0",
        "M, line 3, column 32: 'v' is in mV, and this is in ms; give both the same unit"
        ".\n"
        "    tau * dv/dt = E_L - v : init = 5 ms\n"
        "                                   ^^^^",
    ),
    (
        "two_parameters_of_one_name",
        "neuron",
        "tau = 20 ms\ntau = 10 ms\ndv/dt = -v/tau\nspike: v > 0",
        "M, line 2, column 1: 'tau' is defined twice, first on line 1; remove one.\n"
        "    tau = 10 ms\n"
        "    ^^^",
    ),
    (
        "value_of_the_projection_changed_by_a_spike",
        "synapse",
        "x = 0 : projection\npre_spike:\n    g_target += w\n    x += 1",
        "M, line 4, column 5: 'x' is one value for the projection, and 'pre_spike' runs for each "
        "synapse, in no order; change it in an equation, or leave out `projection`.\n"
        "        x += 1\n"
        "        ^",
    ),
    (
        "jump_with_flags_of_its_own",
        "neuron",
        "tau = 20 ms\ntau * dv/dt = -v\nv += g_exc : max = 3\nspike: v > 20",
        "M, line 3, column 1: 'max' belongs to the equation of the variable; write it on line 2.\n"
        "    v += g_exc : max = 3\n"
        "    ^",
    ),
    (
        "two_equations_of_one_variable",
        "neuron",
        "dv/dt = -v\ndv/dt = -2*v\nspike: v > 0",
        "M, line 2, column 1: 'v' is defined twice, first on line 1; remove one.\n"
        "    dv/dt = -2*v\n"
        "    ^^^^^",
    ),
    (
        "unclosed_parenthesis",
        "neuron",
        "tau = 20 ms\ndv/dt = -(v/tau\nspike: v > 0",
        "M, line 2, column 10: '(' is never closed; add ')'.\n    dv/dt = -(v/tau\n             ^",
    ),
    (
        "unopened_parenthesis",
        "neuron",
        "tau = 20 ms\ndv/dt = -v)/tau\nspike: v > 0",
        "M, line 2, column 11: ')' closes nothing; remove it or open it before.\n"
        "    dv/dt = -v)/tau\n"
        "              ^",
    ),
    (
        "wrong_bracket",
        "neuron",
        "r = exp(t]",
        "M, line 1, column 10: ']' stands where ')' must; exchange them.\n"
        "    r = exp(t]\n"
        "             ^",
    ),
    (
        "misspelt_flag",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau : exponantial\nspike: v > 0",
        "M, line 2, column 18: unknown flag 'exponantial'; did you mean `exponential`?\n"
        "    dv/dt = -v/tau : exponantial\n"
        "                     ^^^^^^^^^^^",
    ),
    (
        "misspelt_second_flag",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau : init=0, exponantial\nspike: v > 0",
        "M, line 2, column 26: unknown flag 'exponantial'; did you mean `exponential`?\n"
        "    dv/dt = -v/tau : init=0, exponantial\n"
        "                             ^^^^^^^^^^^",
    ),
    (
        "misspelt_section",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau\nspkie: v > 0",
        "M, line 3, column 1: unknown section 'spkie'; did you mean `spike`?\n"
        "    spkie: v > 0\n"
        "    ^^^^^",
    ),
    (
        "section_of_a_synapse",
        "neuron",
        "r = t\npost_spike: w += 1",
        "M, line 2, column 1: 'post_spike' is a section of a synapse; the sections here"
        " are `spike`, `reset`, `refractory`, `axon_spike`, `axon_reset`, `functions`, "
        "`parameters`, `equations`.\n"
        "    post_spike: w += 1\n"
        "    ^^^^^^^^^^",
    ),
    (
        "section_of_a_neuron",
        "synapse",
        "spike: x > 3",
        "M, line 1, column 1: 'spike' is a section of a neuron; the sections here are `"
        "pre_spike`, `post_spike`, `psp`, `operation`, `pre_axon_spike`, `apply`, "
        "`creating`, `pruning`, `functions`, `parameters`, `equations`.\n"
        "    spike: x > 3\n"
        "    ^^^^^",
    ),
    (
        "unknown_section",
        "neuron",
        "r : 3",
        "M, line 1, column 1: unknown section 'r'; the sections here are `spike`, `rese"
        "t`, `refractory`, `axon_spike`, `axon_reset`, `functions`, `parameters`, "
        "`equations`.\n"
        "    r : 3\n"
        "    ^",
    ),
    (
        "reset_of_an_unknown_name",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau\nspike: v > 0\nreset: u = 0",
        "M, line 4, column 8: unknown name 'u'; define it with a line `u = value`.\n"
        "    reset: u = 0\n"
        "           ^",
    ),
    (
        "reset_without_spike",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau\nreset: v = 0",
        "M, line 3, column 1: 'reset' follows an event 'spike' that is not there; add a"
        " section `spike: condition`.\n"
        "    reset: v = 0\n"
        "    ^^^^^",
    ),
    (
        "neuron_without_spike_or_rate",
        "neuron",
        "tau = 20 ms\ndv/dt = -v/tau",
        "M: the model has neither a `spike:` section nor a rate `r`; add `spike: condit"
        "ion`, or an equation for `r`.",
    ),
    (
        "empty_cell",
        "neuron",
        "",
        "M: the model has neither a `spike:` section nor a rate `r`; add `spike: condit"
        "ion`, or an equation for `r`.",
    ),
    (
        "value_outside_its_range",
        "neuron",
        "tau = 20 ms [30, 100]\nr = tau",
        "M, line 1, column 7: the value 20 of 'tau' is outside its range [30, 100]; wid"
        "en the range or change the value.\n"
        "    tau = 20 ms [30, 100]\n"
        "          ^^^^^",
    ),
    (
        "empty_range",
        "neuron",
        "tau = 20 ms [100, 5]\nr = tau",
        "M, line 1, column 14: the range [100, 5] is empty; write the lower end first.\n"
        "    tau = 20 ms [100, 5]\n"
        "                 ^^^",
    ),
    (
        "range_in_another_unit",
        "neuron",
        "tau = 20 ms [5 mV, 100 mV]\nr = tau",
        "M, line 1, column 14: the range is in mV, the value in ms; give both the same "
        "unit.\n"
        "    tau = 20 ms [5 mV, 100 mV]\n"
        "                 ^^^^",
    ),
    (
        "range_of_three",
        "neuron",
        "tau = 20 ms [5, 10, 100]\nr = tau",
        "M, line 1, column 13: a range is two numbers at the end; write `[low, high]`.\n"
        "    tau = 20 ms [5, 10, 100]\n"
        "                ^",
    ),
    (
        "list",
        "neuron",
        "r = [1,2]",
        "M, line 1, column 5: the value before the range is missing; write `name = valu"
        "e [a, b]`.\n"
        "    r = [1,2]\n"
        "        ^",
    ),
    (
        "pair",
        "neuron",
        "r = 1,2",
        "M, line 1, column 5: lists and calls of results are not part of the language; "
        "remove the comma.\n"
        "    r = 1,2\n"
        "        ^",
    ),
    (
        "lambda",
        "neuron",
        "r = lambda: 3",
        "M, line 1, column 13: a flag is a name or `name = value`; correct it.\n"
        "    r = lambda: 3\n"
        "                ^",
    ),
    (
        "import",
        "neuron",
        "r = __import__('os')",
        'M, line 1, column 16: the character "\'" is not part of the language; texts in '
        "quotes are only allowed as a description at the top.\n"
        "    r = __import__('os')\n"
        "                   ^",
    ),
    (
        "attribute",
        "neuron",
        "r = x.real",
        "M, line 1, column 5: 'x.real' is no name of this model; only a synapse reads `"
        "pre.x` and `post.x`.\n"
        "    r = x.real\n"
        "        ^^^^^^",
    ),
    (
        "attribute_of_a_number",
        "neuron",
        "r = (1).__class__",
        "M, line 1, column 8: the character '.' is not part of the language; use letter"
        "s a to z, digits, `_` and operators.\n"
        "    r = (1).__class__\n"
        "           ^",
    ),
    (
        "attribute_of_a_spike_variable",
        "synapse",
        "psp: pre.__class__",
        "M, line 1, column 6: 'pre.__class__' cannot be read; write the name of a "
        "variable, such as `pre.r`.\n"
        "    psp: pre.__class__\n"
        "         ^^^^^^^^^^^^^",
    ),
    (
        "huge_power",
        "neuron",
        "r = 9**9**9",
        "M, line 1, column 8: the exponent 387420489 is larger than 64; use `exp` or `l"
        "og`.\n"
        "    r = 9**9**9\n"
        "           ^^^^",
    ),
    (
        "large_exponent",
        "neuron",
        "r = 2^100",
        "M, line 1, column 7: the exponent 100 is larger than 64; use `exp` or `log`.\n"
        "    r = 2^100\n"
        "          ^^^",
    ),
    (
        "large_number",
        "neuron",
        "r = 1e400",
        "M, line 1, column 5: the number 1e400 is too large; stay below 1e308.\n"
        "    r = 1e400\n"
        "        ^^^^^",
    ),
    (
        "large_result",
        "neuron",
        "r = (1e300)^2",
        "M, line 1, column 6: this number is too large; stay below 1e308.\n"
        "    r = (1e300)^2\n"
        "         ^^^^^^^^",
    ),
    (
        "division_by_zero",
        "neuron",
        "r = 1/0",
        "M, line 1, column 7: division by zero; change the divisor.\n    r = 1/0\n          ^",
    ),
    (
        "root_of_a_negative_number",
        "neuron",
        "r = sqrt(-1)",
        "M, line 1, column 5: this gives no real number (complex); change it.\n"
        "    r = sqrt(-1)\n"
        "        ^^^^",
    ),
    (
        "ternary_without_else",
        "neuron",
        "r = 1 if t",
        "M, line 1, column 5: this is not an expression; check its operators and commas"
        ".\n"
        "    r = 1 if t\n"
        "        ^^^^^^",
    ),
    (
        "conditional_without_else",
        "neuron",
        "r = if t > 3: 4",
        "M, line 1, column 5: 'if' has no 'else:'; write `if condition: value else: val"
        "ue`.\n"
        "    r = if t > 3: 4\n"
        "        ^^",
    ),
    (
        "conditional_without_colon",
        "neuron",
        "r = if t > 3",
        "M, line 1, column 5: 'if' has no ':'; write `if condition: value else: value`."
        "\n"
        "    r = if t > 3\n"
        "        ^^",
    ),
    (
        "ite_of_two",
        "neuron",
        "r = ite(t>3, 2)",
        "M, line 1, column 5: 'ite' takes 3 arguments, not 2; correct the call.\n"
        "    r = ite(t>3, 2)\n"
        "        ^^^",
    ),
    (
        "function_without_argument",
        "neuron",
        "r = exp()",
        "M, line 1, column 5: 'exp' takes 1 argument, not 0; correct the call.\n"
        "    r = exp()\n"
        "        ^^^",
    ),
    (
        "unknown_function",
        "neuron",
        "r = tang(3)",
        "M, line 1, column 5: unknown function 'tang'; did you mean `tan`?\n"
        "    r = tang(3)\n"
        "        ^^^^",
    ),
    (
        "function_used_as_a_value",
        "neuron",
        "r = t\nspike: exp",
        "M, line 2, column 8: 'exp' is a function; give it its arguments: `exp(...)`.\n"
        "    spike: exp\n"
        "           ^^^",
    ),
    (
        "recursive_function",
        "neuron",
        "f(x) = f(x)\nr = f(t)",
        "M, line 1, column 8: 'f' calls itself; a function may not be recursive.\n"
        "    f(x) = f(x)\n"
        "           ^",
    ),
    (
        "unknown_name_in_a_function",
        "neuron",
        "f(x) = x + y\nr = f(t)",
        "M, line 1, column 12: unknown name 'y'; define it with a line `y = value`.\n"
        "    f(x) = x + y\n"
        "               ^",
    ),
    (
        "derivative_in_a_function",
        "neuron",
        "exp(dr/dt) = 3",
        "M, line 1, column 1: this defines no function; write `f(x, y) = expression`.\n"
        "    exp(dr/dt) = 3\n"
        "    ^^^^^^^^^^^^^^",
    ),
    (
        "missing_right_operand",
        "neuron",
        "r = t +",
        "M, line 1, column 7: a value is missing after '+'; add it or remove the sign.\n"
        "    r = t +\n"
        "          ^",
    ),
    (
        "missing_left_operand",
        "neuron",
        "r = * 3",
        "M, line 1, column 5: a value is missing before '*'; add it or remove the sign."
        "\n"
        "    r = * 3\n"
        "        ^",
    ),
    (
        "two_numbers",
        "neuron",
        "r = 3 4",
        "M, line 1, column 7: an operator is missing between '3' and '4'; write `3 * 4`"
        " for a product.\n"
        "    r = 3 4\n"
        "          ^",
    ),
    (
        "two_names",
        "neuron",
        "r = t t",
        "M, line 1, column 7: an operator is missing between 't' and 't'; write `t * t`"
        " for a product.\n"
        "    r = t t\n"
        "          ^",
    ),
    (
        "number_called",
        "neuron",
        "r = 3(t)",
        "M, line 1, column 6: an operator is missing between '3' and '('; add it.\n"
        "    r = 3(t)\n"
        "         ^",
    ),
    (
        "second_equals_sign",
        "neuron",
        "r = t = 3",
        "M, line 1, column 7: '=' compares nothing; write `==` to compare.\n"
        "    r = t = 3\n"
        "          ^",
    ),
    (
        "c_operator",
        "neuron",
        "r = t & 3",
        "M, line 1, column 7: the character '&' is not part of the language; write `and"
        "`.\n"
        "    r = t & 3\n"
        "          ^",
    ),
    (
        "latex",
        "neuron",
        "r = \\frac{1}",
        "M, line 1, column 5: the character '\\\\' is not part of the language; use lette"
        "rs a to z, digits, `_` and operators.\n"
        "    r = \\frac{1}\n"
        "        ^",
    ),
    (
        "c_code",
        "neuron",
        'r = 1 ; }}; system("ls")',
        "M, line 1, column 9: the character '}' is not part of the language; write `)`."
        "\n"
        '    r = 1 ; }}; system("ls")\n'
        "            ^",
    ),
    (
        "html",
        "neuron",
        "r = <script>alert(1)</script>",
        "M, line 1, column 5: a value is missing before '<'; add it or remove the sign."
        "\n"
        "    r = <script>alert(1)</script>\n"
        "        ^",
    ),
    (
        "greek_letter",
        "neuron",
        "r = µ",
        "M, line 1, column 5: the character 'µ' is not part of the language; write `mu`, or "
        "`u` in a unit.\n"
        "    r = µ\n"
        "        ^",
    ),
    (
        "greek_name",
        "neuron",
        "r = t / τ",
        "M, line 1, column 9: the character 'τ' is not part of the language; write `tau`.\n"
        "    r = t / τ\n"
        "            ^",
    ),
    (
        "printed_power",
        "neuron",
        "r = t²",
        "M, line 1, column 6: the character '²' is not part of the language; write `^2`.\n"
        "    r = t²\n"
        "         ^",
    ),
    (
        "choice_of_c",
        "neuron",
        "r = (t > 1) ? 1 : 0",
        "M, line 1, column 13: the character '?' is not part of the language; write "
        "`a if condition else b` for a choice.\n"
        "    r = (t > 1) ? 1 : 0\n"
        "                ^",
    ),
    (
        "dash_of_a_derivative",
        "neuron",
        "r' = -r",
        'M, line 1, column 2: the character "\'" is not part of the language; write '
        "`dr/dt` for a derivative.\n"
        "    r' = -r\n"
        "     ^",
    ),
    (
        "unit_as_a_flag",
        "neuron",
        "dr/dt = -r / (10 ms) : volt",
        "M, line 1, column 24: 'volt' is no flag; the unit follows from those of the numbers, "
        "such as `20 mV`; remove it.\n"
        "    dr/dt = -r / (10 ms) : volt\n"
        "                           ^^^^",
    ),
    (
        "threshold_section",
        "neuron",
        "v = t\nthreshold: v > 1",
        "M, line 2, column 1: unknown section 'threshold'; write `spike:`.\n"
        "    threshold: v > 1\n"
        "    ^^^^^^^^^",
    ),
    (
        "random_number_of_another_program",
        "neuron",
        "r = rand()",
        "M, line 1, column 5: unknown function 'rand'; write `Uniform(0, 1)`.\n"
        "    r = rand()\n"
        "        ^^^^",
    ),
    (
        "text_value",
        "neuron",
        "r = '3'",
        'M, line 1, column 5: the character "\'" is not part of the language; texts in q'
        "uotes are only allowed as a description at the top.\n"
        "    r = '3'\n"
        "        ^",
    ),
    (
        "no_value",
        "neuron",
        "r =",
        "M, line 1, column 3: the value after '=' is missing; add it.\n    r =\n      ^",
    ),
    (
        "section_without_colon",
        "neuron",
        "dv/dt = -v / 5 ms\nspike v > 20",
        "M, line 2, column 1: the colon after 'spike' is missing; write `spike: ...`.\n"
        "    spike v > 20\n"
        "    ^^^^^",
    ),
    (
        "statement_section_without_colon",
        "neuron",
        "dv/dt = -v / 5 ms\nspike: v > 20\nreset v = 0",
        "M, line 3, column 1: the colon after 'reset' is missing; write `reset: ...`.\n"
        "    reset v = 0\n"
        "    ^^^^^",
    ),
    (
        "no_assignment",
        "neuron",
        "r",
        "M, line 1, column 1: this line assigns nothing; write `name = value` or an equ"
        "ation `dx/dt = ...`.\n"
        "    r\n"
        "    ^",
    ),
    (
        "number_on_the_left",
        "neuron",
        "3 = r",
        "M, line 1, column 1: the left side is neither a name nor holds a derivative; w"
        "rite `name = ...` or `dname/dt = ...`.\n"
        "    3 = r\n"
        "    ^",
    ),
    (
        "product_on_the_left",
        "neuron",
        "tau*r = 3",
        "M, line 1, column 1: the left side is neither a name nor holds a derivative; w"
        "rite `name = ...` or `dname/dt = ...`.\n"
        "    tau*r = 3\n"
        "    ^^^^^",
    ),
    (
        "no_name_on_the_left",
        "neuron",
        "r = t\n   += 3",
        "M, line 2, column 4: the name before '=' is missing; add it.\n       += 3\n       ^^",
    ),
    (
        "two_derivatives",
        "neuron",
        "dr/dt + dx/dt = 3",
        "M, line 1, column 9: a second derivative on one line; write one equation for e"
        "ach.\n"
        "    dr/dt + dx/dt = 3\n"
        "            ^^^^^",
    ),
    (
        "squared_derivative",
        "neuron",
        "(dr/dt)^2 = 3",
        "M, line 1, column 2: the equation is not linear in dr/dt; write it as `dr/dt ="
        " ...`.\n"
        "    (dr/dt)^2 = 3\n"
        "     ^^^^^",
    ),
    (
        "cancelled_derivative",
        "neuron",
        "dr/dt - dr/dt = 3",
        "M, line 1, column 9: a second derivative on one line; write one equation for e"
        "ach.\n"
        "    dr/dt - dr/dt = 3\n"
        "            ^^^^^",
    ),
    (
        "derivative_incremented",
        "neuron",
        "dr/dt += 3",
        "M, line 1, column 7: '+=' after a derivative; write `=`.\n    dr/dt += 3\n          ^^",
    ),
    (
        "exponential_for_a_square",
        "neuron",
        "dr/dt = r^2 : exponential",
        "M, line 1, column 15: dr/dt is not linear in r, so 'exponential' cannot solve "
        "it; use `exponential-euler`.\n"
        "    dr/dt = r^2 : exponential\n"
        "                  ^^^^^^^^^^^",
    ),
    (
        "event_driven_square",
        "synapse",
        "dx/dt = -x^2 : event-driven\npre_spike: x += 1",
        "M, line 1, column 16: dx/dt is not linear in x, so 'event-driven' cannot solve"
        " it; make it linear in x.\n"
        "    dx/dt = -x^2 : event-driven\n"
        "                   ^^^^^^^^^^^^",
    ),
    (
        "event_driven_neuron",
        "neuron",
        "dr/dt = -r : event-driven",
        "M, line 1, column 14: 'event-driven' is for synapses; use `exponential` in a n"
        "euron.\n"
        "    dr/dt = -r : event-driven\n"
        "                 ^^^^^^^^^^^^",
    ),
    (
        "method_of_an_assignment",
        "neuron",
        "r = t : explicit",
        "M, line 1, column 9: 'explicit' is a method for differential equations, and 'r"
        "' has none; remove it.\n"
        "    r = t : explicit\n"
        "            ^^^^^^^^",
    ),
    (
        "two_methods",
        "neuron",
        "dr/dt = t : exponential, explicit",
        "M, line 1, column 26: the flag 'explicit' says again what an earlier one says;"
        " keep one.\n"
        "    dr/dt = t : exponential, explicit\n"
        "                             ^^^^^^^^",
    ),
    (
        "init_of_a_variable",
        "neuron",
        "dr/dt = -r : init=x\nx=t",
        "M, line 1, column 19: 'x' has no value yet when 'init' is computed; use parame"
        "ters only.\n"
        "    dr/dt = -r : init=x\n"
        "                      ^",
    ),
    (
        "flag_without_value",
        "neuron",
        "dr/dt = t : min",
        "M, line 1, column 13: the flag 'min' needs a value; write `min = 0`.\n"
        "    dr/dt = t : min\n"
        "                ^^^",
    ),
    (
        "flag_with_empty_value",
        "neuron",
        "r = t : init=",
        "M, line 1, column 13: the value after '=' is missing; add it.\n"
        "    r = t : init=\n"
        "                ^",
    ),
    (
        "no_flag_after_colon",
        "neuron",
        "r = t :",
        "M, line 1, column 7: no flag follows ':'; write one, such as `init = 0`.\n"
        "    r = t :\n"
        "          ^",
    ),
    (
        "no_flag_between_commas",
        "neuron",
        "r = t : init=0,,min=3",
        "M, line 1, column 9: a flag between two commas is missing; remove one comma.\n"
        "    r = t : init=0,,min=3\n"
        "            ^^^^",
    ),
    (
        "init_twice",
        "neuron",
        "r = t : init=0, init=1",
        "M, line 1, column 17: the flag 'init' says again what an earlier one says; kee"
        "p one.\n"
        "    r = t : init=0, init=1\n"
        "                    ^^^^",
    ),
    (
        "locality_of_a_synapse",
        "neuron",
        "dr/dt = t : projection",
        "M, line 1, column 13: the flag 'projection' is for a synapse; write `populatio"
        "n` or `local` here.\n"
        "    dr/dt = t : projection\n"
        "                ^^^^^^^^^^",
    ),
    (
        "locality_of_a_neuron",
        "synapse",
        "dx/dt=-x : population",
        "M, line 1, column 12: the flag 'population' is for a neuron; write `projection"
        "` or `postsynaptic` or `local` here.\n"
        "    dx/dt=-x : population\n"
        "               ^^^^^^^^^^",
    ),
    (
        "name_of_a_function",
        "neuron",
        "exp = 3\nr=t",
        "M, line 1, column 1: 'exp' is a function of the language; choose another name."
        "\n"
        "    exp = 3\n"
        "    ^^^",
    ),
    (
        "name_of_the_time",
        "neuron",
        "t = 3\nr=t",
        "M, line 1, column 1: 't' is a name of the language; choose another name.\n"
        "    t = 3\n"
        "    ^",
    ),
    (
        "private_name",
        "neuron",
        "_r = 3\nr=t",
        "M, line 1, column 1: the name '_r' starts with '_' or holds '__'; rename it.\n"
        "    _r = 3\n"
        "    ^^",
    ),
    (
        "sum_of_a_number",
        "neuron",
        "r = sum(3)",
        "M, line 1, column 9: 'sum' takes the name of a target; write `sum(exc)`.\n"
        "    r = sum(3)\n"
        "            ^",
    ),
    (
        "sum_in_a_synapse",
        "synapse",
        "r = sum(exc)",
        "M, line 1, column 5: a synapse has no inputs of its own; write `pre.sum(...)` "
        "or `post.sum(...)`.\n"
        "    r = sum(exc)\n"
        "        ^^^",
    ),
    (
        "mean_of_an_expression",
        "neuron",
        "r = mean(t*2)",
        "M, line 1, column 10: 'mean' of one value works over a population; write a var"
        "iable's name: `mean(v)`.\n"
        "    r = mean(t*2)\n"
        "             ^^^",
    ),
    (
        "distribution_of_one",
        "neuron",
        "r = Normal(0)",
        "M, line 1, column 5: 'Normal' takes 2 arguments, not 1; correct the call.\n"
        "    r = Normal(0)\n"
        "        ^^^^^^",
    ),
    (
        "assignment_as_condition",
        "neuron",
        "r = t\nspike: r = 3",
        "M, line 2, column 10: 'spike' takes one expression, not an assignment; write `"
        "==` to compare.\n"
        "    spike: r = 3\n"
        "             ^",
    ),
    (
        "empty_section",
        "neuron",
        "r = t\nspike:",
        "M, line 2, column 1: the section 'spike' is empty; fill or remove it.\n"
        "    spike:\n"
        "    ^^^^^",
    ),
    (
        "two_spikes",
        "neuron",
        "r = t\nspike: r > 1\nspike: r > 2",
        "M, line 3, column 1: the section 'spike' stands twice; join the two.\n"
        "    spike: r > 2\n"
        "    ^^^^^",
    ),
    (
        "equation_in_reset",
        "neuron",
        "dv/dt = -v\nspike: v > 1\nreset: dv/dt = 0",
        "M, line 3, column 8: 'reset' holds assignments only; move this equation out of"
        " the section.\n"
        "    reset: dv/dt = 0\n"
        "           ^^^^^",
    ),
    (
        "presynaptic_name_in_a_neuron",
        "neuron",
        "r = pre.x",
        "M, line 1, column 5: 'pre.x' is no name of this model; only a synapse reads `p"
        "re.x` and `post.x`.\n"
        "    r = pre.x\n"
        "        ^^^^^",
    ),
    (
        "misspelt_target",
        "synapse",
        "pre_spike: g_taget += w",
        "M, line 1, column 12: unknown name 'g_taget'; did you mean `g_target`?\n"
        "    pre_spike: g_taget += w\n"
        "               ^^^^^^^",
    ),
    (
        "assigned_target",
        "synapse",
        "pre_spike: g_target = w",
        "M, line 1, column 12: 'g_target =' would overwrite what other synapses add; wr"
        "ite `g_target += ...`.\n"
        "    pre_spike: g_target = w\n"
        "               ^^^^^^^^",
    ),
    (
        "target_after_a_postsynaptic_spike",
        "synapse",
        "post_spike: g_target += w",
        "M, line 1, column 13: 'g_target' in 'post_spike' acts on nothing; move the lin"
        "e to 'pre_spike'.\n"
        "    post_spike: g_target += w\n"
        "                ^^^^^^^^",
    ),
    (
        "changed_neuron",
        "synapse",
        "pre_spike: pre.v = 3",
        "M, line 1, column 12: 'pre.v' belongs to a neuron and cannot be changed from h"
        "ere; change it in the neuron's own equations.\n"
        "    pre_spike: pre.v = 3\n"
        "               ^^^^^",
    ),
    (
        "unknown_operation",
        "synapse",
        "psp: w*pre.r\noperation: maxx",
        "M, line 2, column 12: unknown operation 'maxx'; did you mean `max`?\n"
        "    operation: maxx\n"
        "               ^^^^",
    ),
    (
        "comma_before_a_bracket",
        "neuron",
        "r = exp(t,)",
        "M, line 1, column 11: a value is missing before ')'; add it or remove the sign"
        ".\n"
        "    r = exp(t,)\n"
        "              ^",
    ),
    (
        "colon_in_brackets",
        "neuron",
        "r = exp(t:3)",
        "M, line 1, column 10: ':' cannot stand inside an expression; remove it.\n"
        "    r = exp(t:3)\n"
        "             ^",
    ),
    (
        "deep_brackets",
        "neuron",
        "r = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
        "(((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))"
        ")))))))))))))))))))))))))))))))))))))))))))))))))))",
        "M, line 1, column 105: brackets are nested more than 100 deep; split the equat"
        "ion.\n"
        "    r = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
        "(((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))"
        ")))))))))))))))))))))))))))))))))))))))))))))))))))))))\n"
        "                                                                              "
        "                              ^",
    ),
    (
        "many_minus_signs",
        "neuron",
        "r = --------------------------------------------------------------------------"
        "---------------------------t",
        "M, line 1, column 5: the expression is nested more than 100 deep; split it ove"
        "r several equations.\n"
        "    r = ----------------------------------------------------------------------"
        "-------------------------------t\n"
        "        ^",
    ),
    (
        "many_powers",
        "neuron",
        "r = t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t*"
        "*t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t*"
        "*t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t*"
        "*t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t",
        "M, line 1, column 5: the expression is nested more than 100 deep; split it ove"
        "r several equations.\n"
        "    r = t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t"
        "**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t"
        "**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t"
        "**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t**t"
        "\n"
        "        ^",
    ),
    (
        "noise_in_an_assignment",
        "neuron",
        "r = 2*xi",
        "M, line 1, column 7: white noise 'xi' stands outside a differential equation; write "
        "`Normal(0, 1)` here.\n"
        "    r = 2*xi\n"
        "          ^^",
    ),
    (
        "noise_in_the_spike_condition",
        "neuron",
        "dv/dt = -v\nspike: v > xi",
        "M, line 2, column 12: white noise 'xi' stands outside a differential equation; write"
        " `Normal(0, 1)` here.\n"
        "    spike: v > xi\n"
        "               ^^",
    ),
    (
        "noise_in_a_reset",
        "neuron",
        "dv/dt = -v\nspike: v > 0\nreset: v = xi_2",
        "M, line 3, column 12: white noise 'xi_2' stands outside a differential equation; wri"
        "te `Normal(0, 1)` here.\n"
        "    reset: v = xi_2\n"
        "               ^^^^",
    ),
    (
        "noise_squared",
        "neuron",
        "dr/dt = -r + xi^2",
        "M, line 1, column 1: dr/dt is not linear in the white noise 'xi'; write the noise as"
        " a term `factor * xi`.\n"
        "    dr/dt = -r + xi^2\n"
        "    ^^^^^",
    ),
    (
        "product_of_two_noises",
        "neuron",
        "dr/dt = xi_1*xi_2",
        "M, line 1, column 1: dr/dt is not linear in the white noise 'xi_1'; write the noise "
        "as a term `factor * xi`.\n"
        "    dr/dt = xi_1*xi_2\n"
        "    ^^^^^",
    ),
    (
        "noise_in_a_function",
        "neuron",
        "dr/dt = exp(xi)",
        "M, line 1, column 1: dr/dt is not linear in the white noise 'xi'; write the noise as"
        " a term `factor * xi`.\n"
        "    dr/dt = exp(xi)\n"
        "    ^^^^^",
    ),
    (
        "noise_with_rk4",
        "neuron",
        "dr/dt = -r + xi : rk4",
        "M, line 1, column 19: 'rk4' knows no white noise, and dr/dt has 'xi'; use `euler-mar"
        "uyama`, `milstein` or `heun`.\n"
        "    dr/dt = -r + xi : rk4\n"
        "                      ^^^",
    ),
    (
        "noise_with_midpoint",
        "neuron",
        "dr/dt = -r + xi : rk2",
        "M, line 1, column 19: 'midpoint' knows no white noise, and dr/dt has 'xi'; use `eule"
        "r-maruyama`, `milstein` or `heun`.\n"
        "    dr/dt = -r + xi : rk2\n"
        "                      ^^^",
    ),
    (
        "noise_with_the_propagator",
        "neuron",
        "dr/dt = -r + xi : propagator",
        "M, line 1, column 19: 'propagator' knows no white noise, and dr/dt has 'xi'; use `eu"
        "ler-maruyama`, `milstein` or `heun`.\n"
        "    dr/dt = -r + xi : propagator\n"
        "                      ^^^^^^^^^^",
    ),
    (
        "multiplicative_noise_with_exponential",
        "neuron",
        "dr/dt = -r + r*xi : exponential",
        "M, line 1, column 21: the strength of the noise depends on r, so 'exponential' canno"
        "t solve dr/dt; use `milstein`.\n"
        "    dr/dt = -r + r*xi : exponential\n"
        "                        ^^^^^^^^^^^",
    ),
    (
        "nonlinear_drift_with_exponential_noise",
        "neuron",
        "dr/dt = -r^3 + xi : exponential",
        "M, line 1, column 21: dr/dt is not linear in r, so 'exponential' cannot solve it; us"
        "e `euler-maruyama`.\n"
        "    dr/dt = -r^3 + xi : exponential\n"
        "                        ^^^^^^^^^^^",
    ),
    (
        "shared_noise_with_milstein",
        "neuron",
        "dr/dt = r*xi : milstein\ndu/dt = u*xi",
        "M, line 1, column 16: 'milstein' needs one noise for dr/dt alone, whose strength dep"
        "ends on r only; use `euler-maruyama` or `heun`.\n"
        "    dr/dt = r*xi : milstein\n"
        "                   ^^^^^^^^",
    ),
    (
        "noise_of_another_unit",
        "neuron",
        "sigma = 2 mV\ntau = 10 ms\nr0 = 1 mV\ndr/dt = (r0-r)/tau + sigma*xi",
        "M, line 4, column 22: a sum joins mV/ms and mV/ms^(1/2); give both the same unit.\n"
        "    dr/dt = (r0-r)/tau + sigma*xi\n"
        "                         ^^^^^^^^",
    ),
    (
        "propagator_of_a_circle",
        "neuron",
        "dr/dt = u : propagator\ndu/dt = -r : propagator",
        "M, line 1, column 13: 'propagator' solves linear equations that feed each other in o"
        "ne direction, over at most 4 variables in a row, and these are others; use `exponent"
        "ial` or `rk4`.\n"
        "    dr/dt = u : propagator\n"
        "                ^^^^^^^^^^",
    ),
    (
        "propagator_of_a_square",
        "neuron",
        "dr/dt = -r^2 : propagator",
        "M, line 1, column 16: 'propagator' solves linear equations that feed each other in o"
        "ne direction, over at most 4 variables in a row, and these are others; use `exponent"
        "ial` or `rk4`.\n"
        "    dr/dt = -r^2 : propagator\n"
        "                   ^^^^^^^^^^",
    ),
    (
        "propagator_of_a_long_chain",
        "neuron",
        "dr/dt = a1 - r : propagator\n"
        "da1/dt = a2 - a1 : propagator\n"
        "da2/dt = a3 - a2 : propagator\n"
        "da3/dt = a4 - a3 : propagator\n"
        "da4/dt = -a4 : propagator",
        "M, line 1, column 18: 'propagator' solves linear equations that feed each other in o"
        "ne direction, over at most 4 variables in a row, and these are others; use `exponent"
        "ial` or `rk4`.\n"
        "    dr/dt = a1 - r : propagator\n"
        "                     ^^^^^^^^^^",
    ),
    (
        "implicit_square",
        "neuron",
        "dr/dt = 1 - r^2 : implicit",
        "M, line 1, column 19: dr/dt is not linear in r, so 'implicit' cannot solve it; use `"
        "rk4`.\n"
        "    dr/dt = 1 - r^2 : implicit\n"
        "                      ^^^^^^^^",
    ),
    (
        "implicit_product_of_two",
        "neuron",
        "dr/dt = -r*u : implicit\ndu/dt = -u : implicit",
        "M, line 1, column 16: dr/dt is not linear in r, u, so 'implicit' cannot solve it; us"
        "e `rk4`.\n"
        "    dr/dt = -r*u : implicit\n"
        "                   ^^^^^^^^",
    ),
    (
        "implicit_for_seven",
        "neuron",
        "dx0/dt = -x0 : implicit\n"
        "dx1/dt = -x1 : implicit\n"
        "dx2/dt = -x2 : implicit\n"
        "dx3/dt = -x3 : implicit\n"
        "dx4/dt = -x4 : implicit\n"
        "dx5/dt = -x5 : implicit\n"
        "dr/dt = -r : implicit",
        "M, line 1, column 16: 'implicit' solves at most 6 equations together, and these are "
        "7; use `semi-implicit` or `exponential`.\n"
        "    dx0/dt = -x0 : implicit\n"
        "                   ^^^^^^^^",
    ),
    (
        "semi_implicit_square",
        "neuron",
        "dr/dt = 1 - r^2 : semiimplicit",
        "M, line 1, column 19: dr/dt is not linear in r, so 'semi-implicit' cannot solve it; "
        "use `rk4`.\n"
        "    dr/dt = 1 - r^2 : semiimplicit\n"
        "                      ^^^^^^^^^^^^",
    ),
    (
        "unknown_method",
        "neuron",
        "dr/dt = -r : leapfrog",
        "M, line 1, column 14: unknown flag 'leapfrog'; flags are `init`, `min`, `max`, `expl"
        "icit`, `exponential`, `propagator`, `exponential-euler`, `implicit`, `semi-implicit`"
        ", `midpoint`, `heun`, `rk4`, `euler-maruyama`, `milstein`, `event-driven`, `populati"
        "on`, `local`, `float`, `int`, `bool`, `input`, `unless_refractory`.\n"
        "    dr/dt = -r : leapfrog\n"
        "                 ^^^^^^^^",
    ),
    (
        "misspelt_method",
        "neuron",
        "dr/dt = -r : eulr",
        "M, line 1, column 14: unknown flag 'eulr'; did you mean `euler`?\n"
        "    dr/dt = -r : eulr\n"
        "                 ^^^^",
    ),
    (
        "method_given_a_value",
        "neuron",
        "dr/dt = -r : method = rk4",
        "M, line 1, column 14: a method stands alone; write its name, such as `rk4`.\n"
        "    dr/dt = -r : method = rk4\n"
        "                 ^^^^^^",
    ),
    (
        "axon_spike_without_spike",
        "neuron",
        "r = t\naxon_spike: r > 1",
        "M, line 2, column 1: 'axon_spike' is a second kind of spike, and the model has no fi"
        "rst; add a section `spike: condition`.\n"
        "    axon_spike: r > 1\n"
        "    ^^^^^^^^^^",
    ),
    (
        "axon_reset_without_axon_spike",
        "neuron",
        "r = t\nspike: r > 1\naxon_reset: r = 0",
        "M, line 3, column 1: 'axon_reset' follows an axonal spike that is not there; add a s"
        "ection `axon_spike: condition`.\n"
        "    axon_reset: r = 0\n"
        "    ^^^^^^^^^^",
    ),
    (
        "event_reset_without_event",
        "neuron",
        "r = t\nspike: r > 1\nreset burst: r = 0",
        "M, line 3, column 1: 'reset' follows an event 'burst' that is not there; add a secti"
        "on `event burst: condition`.\n"
        "    reset burst: r = 0\n"
        "    ^^^^^",
    ),
    (
        "refractory_of_an_unknown_event",
        "neuron",
        "r = t\nspike: r > 1\nrefractory burst: 5",
        "M, line 3, column 1: 'refractory' follows an event 'burst' that is not there; add a "
        "section `event burst: condition`.\n"
        "    refractory burst: 5\n"
        "    ^^^^^^^^^^",
    ),
    (
        "flags_of_a_spike",
        "neuron",
        "r = t\nspike: r > 1 : exponential",
        "M, line 2, column 16: 'spike' takes no flags; remove them.\n"
        "    spike: r > 1 : exponential\n"
        "                   ^^^^^^^^^^^",
    ),
    (
        "flags_of_a_psp",
        "synapse",
        "psp: w*pre.r : min = 0",
        "M, line 1, column 16: 'psp' takes no flags; remove them.\n"
        "    psp: w*pre.r : min = 0\n"
        "                   ^^^",
    ),
    (
        "labelled_pre_spike",
        "synapse",
        "pre_spike burst: g_target += w",
        "M, line 1, column 1: 'pre_spike' takes no name, and 'burst' is one; remove it.\n"
        "    pre_spike burst: g_target += w\n"
        "    ^^^^^^^^^",
    ),
    (
        "two_pre_spikes",
        "synapse",
        "pre_spike: g_target += w\npre_spike: w += 1",
        "M, line 2, column 1: the section 'pre_spike' stands twice; join the two.\n"
        "    pre_spike: w += 1\n"
        "    ^^^^^^^^^",
    ),
    (
        "weight_at_an_axonal_spike",
        "synapse",
        "pre_axon_spike: w += 1",
        "M, line 1, column 17: 'w' cannot change at an axonal spike, which only transmits; wr"
        "ite `g_target += ...`.\n"
        "    pre_axon_spike: w += 1\n"
        "                    ^",
    ),
    (
        "target_in_apply",
        "synapse",
        "apply: g_target += w",
        "M, line 1, column 8: 'g_target' in 'apply' acts on nothing; move the line to 'pre_sp"
        "ike'.\n"
        "    apply: g_target += w\n"
        "           ^^^^^^^^",
    ),
    (
        "equation_in_apply",
        "synapse",
        "apply: dw/dt = 1",
        "M, line 1, column 8: 'apply' holds assignments only; move this equation out of the s"
        "ection.\n"
        "    apply: dw/dt = 1\n"
        "           ^^^^^",
    ),
    (
        "apply_in_a_neuron",
        "neuron",
        "r = t\napply: r = 0",
        "M, line 2, column 1: 'apply' is a section of a synapse; the sections here are `spike"
        "`, `reset`, `refractory`, `axon_spike`, `axon_reset`, `functions`, `parameters`, `eq"
        "uations`.\n"
        "    apply: r = 0\n"
        "    ^^^^^",
    ),
    (
        "unknown_flag_of_creating",
        "synapse",
        "creating: pre.r > 1 : prob = 0.5",
        "M, line 1, column 23: unknown flag 'prob'; did you mean `proba`?\n"
        "    creating: pre.r > 1 : prob = 0.5\n"
        "                          ^^^^",
    ),
    (
        "unknown_flag_of_pruning",
        "synapse",
        "pruning: w < 0 : d = 2",
        "M, line 1, column 18: unknown flag 'd'; 'pruning' takes `proba`.\n"
        "    pruning: w < 0 : d = 2\n"
        "                     ^",
    ),
    (
        "creating_flag_without_value",
        "synapse",
        "creating: pre.r > 1 : proba",
        "M, line 1, column 23: the flag 'proba' needs a value; write `proba = 0.5`.\n"
        "    creating: pre.r > 1 : proba\n"
        "                          ^^^^^",
    ),
    (
        "creating_flag_twice",
        "synapse",
        "creating: pre.r > 1 : proba = 0.5, proba = 0.6",
        "M, line 1, column 36: the flag 'proba' says again what an earlier one says; keep one"
        ".\n"
        "    creating: pre.r > 1 : proba = 0.5, proba = 0.6\n"
        "                                       ^^^^^",
    ),
    (
        "pruning_an_assignment",
        "synapse",
        "pruning: w = 0",
        "M, line 1, column 12: 'pruning' takes one expression, not an assignment; write `==` "
        "to compare.\n"
        "    pruning: w = 0\n"
        "               ^",
    ),
    (
        "spike_with_two_lines_of_assignments",
        "neuron",
        "r = t\nspike:\n    r = 3",
        "M, line 3, column 7: 'spike' takes one expression, not an assignment; write `==` to "
        "compare.\n"
        "        r = 3\n"
        "          ^",
    ),
    (
        "refractory_of_nothing",
        "neuron",
        "r = t\nspike: r > 1\nrefractory:",
        "M, line 3, column 1: the section 'refractory' is empty; fill or remove it.\n"
        "    refractory:\n"
        "    ^^^^^^^^^^",
    ),
    (
        "reset_of_nothing",
        "neuron",
        "r = t\nspike: r > 1\nreset:",
        "M, line 3, column 1: the section 'reset' is empty; fill or remove it.\n"
        "    reset:\n"
        "    ^^^^^",
    ),
    (
        "operation_of_a_number",
        "synapse",
        "psp: w\noperation: 3",
        "M, line 2, column 12: unknown operation '3'; write one of `sum`, `max`, `min`, `mean"
        "`.\n"
        "    operation: 3\n"
        "               ^",
    ),
    (
        "misspelt_operation",
        "synapse",
        "psp: w\noperation: maxx",
        "M, line 2, column 12: unknown operation 'maxx'; did you mean `max`?\n"
        "    operation: maxx\n"
        "               ^^^^",
    ),
    (
        "reset_of_a_parameter",
        "neuron",
        "parameters:\n    V = 3\nequations:\n    dv/dt = -v\nspike: v > 0\nreset: V = 0",
        "M, line 6, column 8: 'V' is a parameter and cannot be changed here; make it a variab"
        "le with an equation.\n"
        "    reset: V = 0\n"
        "           ^",
    ),
    (
        "reset_of_the_time",
        "neuron",
        "dv/dt = -v\nspike: v > 0\nreset: t = 0",
        "M, line 3, column 8: 't' is a name of the language and cannot be changed; remove the"
        " line.\n"
        "    reset: t = 0\n"
        "           ^",
    ),
    (
        "reset_without_assignment",
        "neuron",
        "dv/dt = -v\nspike: v > 0\nreset: v",
        "M, line 3, column 8: this line assigns nothing; write `name = value` or an equation "
        "`dx/dt = ...`.\n"
        "    reset: v\n"
        "           ^",
    ),
    (
        "unknown_name_in_refractory",
        "neuron",
        "dv/dt = -v\nspike: v > 0\nrefractory: t_reff",
        "M, line 3, column 13: unknown name 't_reff'; define it with a line `t_reff = value`."
        "\n"
        "    refractory: t_reff\n"
        "                ^^^^^^",
    ),
    (
        "uniform_upside_down",
        "neuron",
        "r = Uniform(1, 0)",
        "M, line 1, column 5: 'Uniform': the lower end 1 is above the upper end 0; exchange t"
        "hem.\n"
        "    r = Uniform(1, 0)\n"
        "        ^^^^^^^",
    ),
    (
        "negative_deviation",
        "neuron",
        "r = Normal(0, -1)",
        "M, line 1, column 5: 'Normal': the standard deviation is negative (-1); give 0 or mo"
        "re.\n"
        "    r = Normal(0, -1)\n"
        "        ^^^^^^",
    ),
    (
        "negative_rate_of_exponential",
        "neuron",
        "r = Exponential(-2)",
        "M, line 1, column 5: 'Exponential': the rate is -2; give a number above 0.\n"
        "    r = Exponential(-2)\n"
        "        ^^^^^^^^^^^",
    ),
    (
        "probability_above_one",
        "neuron",
        "r = Bernoulli(1.5)",
        "M, line 1, column 5: 'Bernoulli': the probability 1.5 is outside 0 to 1; correct it."
        "\n"
        "    r = Bernoulli(1.5)\n"
        "        ^^^^^^^^^",
    ),
    (
        "binomial_of_half_a_trial",
        "neuron",
        "r = Binomial(2.5, 0.5)",
        "M, line 1, column 5: 'Binomial': the number of trials is 2.5; give a whole number, 0"
        " or more.\n"
        "    r = Binomial(2.5, 0.5)\n"
        "        ^^^^^^^^",
    ),
    (
        "binomial_probability",
        "neuron",
        "r = Binomial(10, -0.5)",
        "M, line 1, column 5: 'Binomial': the probability -0.5 is outside 0 to 1; correct it."
        "\n"
        "    r = Binomial(10, -0.5)\n"
        "        ^^^^^^^^",
    ),
    (
        "negative_mean_of_poisson",
        "neuron",
        "r = Poisson(-1)",
        "M, line 1, column 5: 'Poisson': the mean is negative (-1); give 0 or more.\n"
        "    r = Poisson(-1)\n"
        "        ^^^^^^^",
    ),
    (
        "gamma_of_no_shape",
        "neuron",
        "r = Gamma(0, 1)",
        "M, line 1, column 5: 'Gamma': the shape is 0; give a number above 0.\n"
        "    r = Gamma(0, 1)\n"
        "        ^^^^^",
    ),
    (
        "gamma_of_three",
        "neuron",
        "r = Gamma(1, 2, 3)",
        "M, line 1, column 5: 'Gamma' takes 2 arguments, not 3; correct the call.\n"
        "    r = Gamma(1, 2, 3)\n"
        "        ^^^^^",
    ),
    (
        "misspelt_distribution",
        "neuron",
        "r = Unifrm(0, 1)",
        "M, line 1, column 5: unknown function 'Unifrm'; did you mean `Uniform`?\n"
        "    r = Unifrm(0, 1)\n"
        "        ^^^^^^",
    ),
    (
        "lower_case_distribution",
        "neuron",
        "r = normal(0, 1)",
        "M, line 1, column 5: unknown function 'normal'; did you mean `Normal`?\n"
        "    r = normal(0, 1)\n"
        "        ^^^^^^",
    ),
    (
        "distribution_without_brackets",
        "neuron",
        "r = Normal",
        "M, line 1, column 5: 'Normal' is a function; give it its arguments: `Normal(...)`.\n"
        "    r = Normal\n"
        "        ^^^^^^",
    ),
    (
        "distribution_of_two_units",
        "neuron",
        "r = Uniform(1 mV, 2 pA)",
        "M, line 1, column 19: 'Uniform' joins mV and pA; give both the same unit.\n"
        "    r = Uniform(1 mV, 2 pA)\n"
        "                      ^^^^",
    ),
    (
        "derived_from_a_variable_in_parameters",
        "neuron",
        "parameters:\n    b = 2*r\nequations:\n    r = t",
        "M, line 2, column 11: unknown name 'r'; define it with a line `r = value`.\n"
        "        b = 2*r\n"
        "              ^",
    ),
    (
        "derived_parameters_in_a_circle",
        "neuron",
        "parameters:\n    a = 2*b\n    b = 2*a\nequations:\n    r = a",
        "M, line 2, column 5: the value of 'a' depends on itself; give one of them a number.\n"
        "        a = 2*b\n"
        "        ^",
    ),
    (
        "init_of_an_unknown_name",
        "neuron",
        "dr/dt = -r : init = E_L",
        "M, line 1, column 21: unknown name 'E_L'; define it with a line `E_L = value`.\n"
        "    dr/dt = -r : init = E_L\n"
        "                        ^^^",
    ),
    (
        "min_of_an_unknown_name",
        "neuron",
        "dr/dt = -r : min = low",
        "M, line 1, column 20: unknown name 'low'; define it with a line `low = value`.\n"
        "    dr/dt = -r : min = low\n"
        "                       ^^^",
    ),
    (
        "range_of_a_name",
        "neuron",
        "a = 3\ntau = 20 [a, 30]\nr = tau",
        "M, line 2, column 11: unknown name 'a'; define it with a line `a = value`.\n"
        "    tau = 20 [a, 30]\n"
        "              ^",
    ),
    (
        "range_without_an_end",
        "neuron",
        "tau = 20 [5, ]\nr = tau",
        "M, line 1, column 10: a range is two numbers at the end; write `[low, high]`.\n"
        "    tau = 20 [5, ]\n"
        "             ^",
    ),
    (
        "range_on_an_equation",
        "neuron",
        "tau = 20\nr = t*tau [0, 5]",
        "M, line 2, column 12: 'r' is no parameter, so it takes no range; remove the brackets"
        ", or write `min` and `max` as flags.\n"
        "    r = t*tau [0, 5]\n"
        "               ^",
    ),
    (
        "capital_letter",
        "neuron",
        "Tau = 20\nr = t/tau",
        "M, line 2, column 7: unknown name 'tau'; did you mean `Tau`?\n"
        "    r = t/tau\n"
        "          ^^^",
    ),
    (
        "dt_assigned",
        "neuron",
        "dt = 0.1\nr = t",
        "M, line 1, column 1: 'dt' is a name of the language; choose another name.\n"
        "    dt = 0.1\n"
        "    ^^",
    ),
    (
        "pi_assigned",
        "neuron",
        "pi = 3\nr = t",
        "M, line 1, column 1: 'pi' is a name of the language; choose another name.\n"
        "    pi = 3\n"
        "    ^^",
    ),
    (
        "true_assigned",
        "neuron",
        "True = 3\nr = t",
        "M, line 1, column 1: 'True' is a name of the language; choose another name.\n"
        "    True = 3\n"
        "    ^^^^",
    ),
    (
        "name_with_two_underscores",
        "neuron",
        "a__b = 3\nr = a__b",
        "M, line 1, column 1: the name 'a__b' starts with '_' or holds '__'; rename it.\n"
        "    a__b = 3\n"
        "    ^^^^",
    ),
    (
        "function_named_like_a_variable",
        "neuron",
        "r = t\nfunctions: r(x) = x",
        "M, line 2, column 12: 'r' is defined already; choose another name.\n"
        "    functions: r(x) = x\n"
        "               ^",
    ),
    (
        "distribution_as_a_name",
        "neuron",
        "Normal = 3\nr = t",
        "M, line 1, column 1: 'Normal' is a function of the language; choose another name.\n"
        "    Normal = 3\n"
        "    ^^^^^^",
    ),
    (
        "sum_as_a_name",
        "neuron",
        "sum = 3\nr = t",
        "M, line 1, column 1: 'sum' is a function of the language; choose another name.\n"
        "    sum = 3\n"
        "    ^^^",
    ),
    (
        "post_in_a_neuron",
        "neuron",
        "r = post.v",
        "M, line 1, column 5: 'post.v' is no name of this model; only a synapse reads `pre.x`"
        " and `post.x`.\n"
        "    r = post.v\n"
        "        ^^^^^^",
    ),
    (
        "private_attribute_of_pre",
        "synapse",
        "psp: w*pre._state",
        "M, line 1, column 8: 'pre._state' cannot be read; write the name of a variable, such"
        " as `pre.r`.\n"
        "    psp: w*pre._state\n"
        "           ^^^^^^^^^^",
    ),
    (
        "dunder_attribute_of_pre",
        "synapse",
        "psp: w*pre.__class__",
        "M, line 1, column 8: 'pre.__class__' cannot be read; write the name of a variable, s"
        "uch as `pre.r`.\n"
        "    psp: w*pre.__class__\n"
        "           ^^^^^^^^^^^^^",
    ),
    (
        "attribute_of_an_attribute",
        "synapse",
        "psp: w*pre.r.real",
        "M, line 1, column 8: 'pre.r.real' cannot be read; write the name of a variable, such"
        " as `pre.r`.\n"
        "    psp: w*pre.r.real\n"
        "           ^^^^^^^^^^",
    ),
    (
        "g_without_target_in_a_synapse",
        "synapse",
        "pre_spike: g_exc += w",
        "M, line 1, column 12: unknown name 'g_exc'; a synapse acts through `g_target`.\n"
        "    pre_spike: g_exc += w\n"
        "               ^^^^^",
    ),
    (
        "unknown_name_in_psp",
        "synapse",
        "psp: w*gain",
        "M, line 1, column 8: unknown name 'gain'; define it with a line `gain = value`.\n"
        "    psp: w*gain\n"
        "           ^^^^",
    ),
    (
        "unless_post_with_a_value",
        "synapse",
        "pre_spike: w += 1 : unless_post = 3",
        "M, line 1, column 21: the flag 'unless_post' takes no value; write `unless_post` alo"
        "ne.\n"
        "    pre_spike: w += 1 : unless_post = 3\n"
        "                        ^^^^^^^^^^^",
    ),
    (
        "input_flag_of_a_synapse",
        "synapse",
        "dx/dt = -x : input",
        "M, line 1, column 14: the flag 'input' is for a neuron; remove it.\n"
        "    dx/dt = -x : input\n"
        "                 ^^^^^",
    ),
    (
        "function_with_a_number_as_argument",
        "neuron",
        "functions: f(2) = 3\nr = t",
        "M, line 1, column 12: this defines no function; write `f(x, y) = expression`.\n"
        "    functions: f(2) = 3\n"
        "               ^^^^^^^^",
    ),
    (
        "function_without_a_body",
        "neuron",
        "functions: f(x) =\nr = t",
        "M, line 1, column 12: this defines no function; write `f(x, y) = expression`.\n"
        "    functions: f(x) =\n"
        "               ^^^^^^",
    ),
    (
        "two_functions_calling_each_other",
        "neuron",
        "functions:\n    f(x) = g(x)\n    g(x) = f(x)\nr = f(t)",
        "M, line 3, column 12: 'f' calls itself; a function may not be recursive.\n"
        "        g(x) = f(x)\n"
        "               ^",
    ),
    (
        "function_called_with_two",
        "neuron",
        "functions: f(x) = x\nr = f(t, t)",
        "M, line 2, column 5: 'f' takes 1 argument, not 2; correct the call.\n"
        "    r = f(t, t)\n"
        "        ^",
    ),
    (
        "clip_of_two",
        "neuron",
        "r = clip(t, 0)",
        "M, line 1, column 5: 'clip' takes 3 arguments, not 2; correct the call.\n"
        "    r = clip(t, 0)\n"
        "        ^^^^",
    ),
    (
        "max_of_five",
        "neuron",
        "r = max(t, 1, 2, 3, 4)",
        "M, line 1, column 5: 'max' takes 2 or 3 or 4 arguments, not 5; correct the call.\n"
        "    r = max(t, 1, 2, 3, 4)\n"
        "        ^^^",
    ),
    (
        "log_of_a_negative_number",
        "neuron",
        "r = log(-1)",
        "M, line 1, column 5: this gives no real number (complex); change it.\n"
        "    r = log(-1)\n"
        "        ^^^",
    ),
    (
        "log_of_zero",
        "neuron",
        "r = log(0)",
        "M, line 1, column 5: this gives no real number (infinite); change it.\n"
        "    r = log(0)\n"
        "        ^^^",
    ),
    (
        "modulo_of_zero",
        "neuron",
        "r = t % 0",
        "M, line 1, column 9: division by zero; change the divisor.\n    r = t % 0\n            ^",
    ),
    (
        "power_of_zero",
        "neuron",
        "r = 0^(-1)",
        "M, line 1, column 9: division by zero; change the exponent or the base.\n"
        "    r = 0^(-1)\n"
        "            ^",
    ),
    (
        "pow_with_a_large_exponent",
        "neuron",
        "r = pow(t, 100)",
        "M, line 1, column 12: the exponent 100 is larger than 64; use `exp` or `log`.\n"
        "    r = pow(t, 100)\n"
        "               ^^^",
    ),
    (
        "exp_of_a_large_number",
        "neuron",
        "r = exp(1000)",
        "M, line 1, column 5: this number is too large; stay below 1e308.\n"
        "    r = exp(1000)\n"
        "        ^^^",
    ),
    (
        "tower_of_powers",
        "neuron",
        "r = 9^9^9^9",
        "M, line 1, column 9: the exponent 387420489 is larger than 64; use `exp` or `log`.\n"
        "    r = 9^9^9^9\n"
        "            ^^^",
    ),
    (
        "asin_of_two",
        "neuron",
        "r = asin(2)",
        "M, line 1, column 5: this gives no real number (complex); change it.\n"
        "    r = asin(2)\n"
        "        ^^^^",
    ),
    (
        "exec_call",
        "neuron",
        "r = exec(t)",
        "M, line 1, column 5: unknown function 'exec'; did you mean `exprel`?\n"
        "    r = exec(t)\n"
        "        ^^^^",
    ),
    (
        "eval_of_a_text",
        "neuron",
        "r = eval('t')",
        'M, line 1, column 10: the character "\'" is not part of the language; texts in quotes'
        " are only allowed as a description at the top.\n"
        "    r = eval('t')\n"
        "             ^",
    ),
    (
        "subclasses",
        "neuron",
        "r = t.__class__.__mro__",
        "M, line 1, column 5: 't.__class__.__mro__' is no name of this model; only a synapse "
        "reads `pre.x` and `post.x`.\n"
        "    r = t.__class__.__mro__\n"
        "        ^^^^^^^^^^^^^^^^^^^",
    ),
    (
        "f_string",
        "neuron",
        "r = f'{t}'",
        'M, line 1, column 6: the character "\'" is not part of the language; texts in quotes '
        "are only allowed as a description at the top.\n"
        "    r = f'{t}'\n"
        "         ^",
    ),
    (
        "walrus",
        "neuron",
        "r = (x := 3)",
        "M, line 1, column 8: ':' cannot stand inside an expression; remove it.\n"
        "    r = (x := 3)\n"
        "           ^",
    ),
    (
        "comprehension",
        "neuron",
        "r = sum(x for x in t)",
        "M, line 1, column 11: an operator is missing between 'x' and 'for'; write `x * for` "
        "for a product.\n"
        "    r = sum(x for x in t)\n"
        "              ^^^",
    ),
    (
        "backslash",
        "neuron",
        "r = t\\\n + 1",
        "M, line 1, column 6: the character '\\\\' is not part of the language; use letters a t"
        "o z, digits, `_` and operators.\n"
        "    r = t\\\n"
        "         ^",
    ),
    (
        "dollar",
        "neuron",
        "r = $t",
        "M, line 1, column 5: the character '$' is not part of the language; use letters a to"
        " z, digits, `_` and operators.\n"
        "    r = $t\n"
        "        ^",
    ),
    (
        "semicolon_shell",
        "neuron",
        "r = t; rm",
        "M, line 1, column 8: this line assigns nothing; write `name = value` or an equation "
        "`dx/dt = ...`.\n"
        "    r = t; rm\n"
        "           ^^",
    ),
    (
        "backtick",
        "neuron",
        "r = `t`",
        "M, line 1, column 5: the character '`' is not part of the language; use letters a to"
        " z, digits, `_` and operators.\n"
        "    r = `t`\n"
        "        ^",
    ),
    (
        "preprocessor",
        "neuron",
        "r = t\n#include <x>\nq",
        "M, line 3, column 1: this line assigns nothing; write `name = value` or an equation "
        "`dx/dt = ...`.\n"
        "    q\n"
        "    ^",
    ),
    (
        "pointer",
        "neuron",
        "r = t->x",
        "M, line 1, column 7: a value is missing before '>'; add it or remove the sign.\n"
        "    r = t->x\n"
        "          ^",
    ),
    (
        "address",
        "neuron",
        "r = &t",
        "M, line 1, column 5: the character '&' is not part of the language; write `and`.\n"
        "    r = &t\n"
        "        ^",
    ),
    (
        "increment",
        "neuron",
        "r++",
        "M, line 1, column 1: this line assigns nothing; write `name = value` or an equation "
        "`dx/dt = ...`.\n"
        "    r++\n"
        "    ^^^",
    ),
    (
        "null_character",
        "neuron",
        "r = t\x00",
        "M, line 1, column 6: the character '\\x00' is not part of the language; use letters a"
        " to z, digits, `_` and operators.\n"
        "    r = t\x00\n"
        "         ^",
    ),
    (
        "star_argument",
        "neuron",
        "r = exp(*t)",
        "M, line 1, column 9: a value is missing before '*'; add it or remove the sign.\n"
        "    r = exp(*t)\n"
        "            ^",
    ),
    (
        "keyword_argument",
        "neuron",
        "r = exp(x=t)",
        "M, line 1, column 10: '=' compares nothing; write `==` to compare.\n"
        "    r = exp(x=t)\n"
        "             ^",
    ),
    (
        "string_as_a_name",
        "neuron",
        '"r" = t',
        "M, line 1, column 1: the character '\"' is not part of the language; texts in quotes "
        "are only allowed as a description at the top.\n"
        '    "r" = t\n'
        "    ^",
    ),
    (
        "await",
        "neuron",
        "r = await t",
        "M, line 1, column 11: an operator is missing between 'await' and 't'; write `await *"
        " t` for a product.\n"
        "    r = await t\n"
        "              ^",
    ),
    (
        "not_in",
        "neuron",
        "r = t not in 3",
        "M, line 1, column 7: an operator is missing between 't' and 'not'; add it.\n"
        "    r = t not in 3\n"
        "          ^^^",
    ),
    (
        "matrix_product",
        "neuron",
        "r = t @ t",
        "M, line 1, column 7: the character '@' is not part of the language; write `*`.\n"
        "    r = t @ t\n"
        "          ^",
    ),
    (
        "floor_division",
        "neuron",
        "r = t // 2",
        "M, line 1, column 8: a value is missing before '/'; add it or remove the sign.\n"
        "    r = t // 2\n"
        "           ^",
    ),
    (
        "shift",
        "neuron",
        "r = t << 2",
        "M, line 1, column 8: a value is missing before '<'; add it or remove the sign.\n"
        "    r = t << 2\n"
        "           ^",
    ),
    (
        "complex_number",
        "neuron",
        "r = 3j",
        "M, line 1, column 6: unknown unit 'j'; leave it out or use one such as `mV` or `ms`."
        "\n"
        "    r = 3j\n"
        "         ^",
    ),
    (
        "hexadecimal_number",
        "neuron",
        "r = 0x10",
        "M, line 1, column 6: unknown unit 'x10'; leave it out or use one such as `mV` or `ms"
        "`.\n"
        "    r = 0x10\n"
        "         ^^^",
    ),
    (
        "number_with_underscores",
        "neuron",
        "r = 1_000",
        "M, line 1, column 6: unknown unit '_000'; leave it out or use one such as `mV` or `m"
        "s`.\n"
        "    r = 1_000\n"
        "         ^^^^",
    ),
    (
        "underflowing_exponent",
        "neuron",
        "r = 1e",
        "M, line 1, column 6: unknown unit 'e'; leave it out or use one such as `mV` or `ms`."
        "\n"
        "    r = 1e\n"
        "         ^",
    ),
    (
        "misspelt_conductance",
        "neuron",
        "tau = 5 ms\n10 ms * dv/dt = g_ecx - v\ntau * dg_exc/dt = -g_exc\nspike: v > 1",
        "M, line 2, column 17: unknown name 'g_ecx'; did you mean `g_exc`? If not, give `g_ec"
        "x` an equation.\n"
        "    10 ms * dv/dt = g_ecx - v\n"
        "                    ^^^^^",
    ),
    (
        "spike_without_a_comparison",
        "neuron",
        "V_th = -50\n10 * dv/dt = -v\nspike: v - V_th",
        "M, line 3, column 8: 'v - V_th' is a number, not a condition; compare it, as in `v - "
        "V_th > 0`.\n"
        "    spike: v - V_th\n"
        "           ^^^^^^^^",
    ),
]
