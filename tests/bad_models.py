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
        "V; divide it by a quantity of the same unit.\n"
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
        "M, line 1, column 6: 'pre.__class__' is no name of this model; only a synapse "
        "reads `pre.x` and `post.x`.\n"
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
        "M, line 1, column 5: this gives no real number (I); change it.\n"
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
        "M, line 1, column 5: the character 'µ' is not part of the language; use letter"
        "s a to z, digits, `_` and operators.\n"
        "    r = µ\n"
        "        ^",
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
]
