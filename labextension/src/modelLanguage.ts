import { StreamLanguage, type StringStream } from '@codemirror/language';
import { tags } from '@lezer/highlight';

/** Whether a cell with this first line holds a model. */
export function isModelCell(firstLine: string): boolean {
  return /^\s*%%(neuron|synapse)\b/.test(firstLine);
}

/** What a line may still hold to the right of the reading position. */
type Place = 'start' | 'model name' | 'expression' | 'flags';

interface IState {
  place: Place;
  /** The quotes that end the docstring being read, or null outside of one. */
  docstring: string | null;
  /** Colons to come that belong to `if A: B else: C` and not to the flags. */
  conditionalColons: number;
}

const MAGIC = /^%%(neuron|synapse)\b/;
const QUOTES = /^("""|''')/;
const SECTIONS = [
  'spike', 'reset', 'refractory', 'axon_spike', 'axon_reset',
  'pre_spike', 'post_spike', 'pre_axon_spike', 'psp', 'operation', 'apply', 'creating', 'pruning',
  'parameters', 'equations', 'functions'
];
const SECTION = new RegExp(`^(${SECTIONS.join('|')})\\b(?=[^=]*?:)`);
const DERIVATIVE = /^d[A-Za-z_]\w*\s*\/\s*dt\b/;
const NUMBER = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/;
const UNIT = /^[A-Za-zµ]+(\^-?\d)?(?![\w(])/;
const FLAG = /^[A-Za-z][\w-]*/;
const WORD_OPERATOR = /^(and|or|not|if|else)\b/;
const NAME = /^[A-Za-z_]\w*/;
const DEFINED_NAME = /^[A-Za-z_]\w*(?=\s*=(?!=))/;
const OPERATOR = /^(\*\*|[-+*/%^]=?|[<>=!]=|[<>=])/;

/**
 * Read one token.
 *
 * This is for colours only: it never fails, and what it does not know stays plain. The
 * grammar itself is the kernel's.
 */
function token(stream: StringStream, state: IState): string | null {
  if (stream.sol()) {
    state.place = 'start';
    state.conditionalColons = 0;
  }
  if (state.docstring !== null) {
    return docstring(stream, state, state.docstring);
  }
  if (stream.eatSpace()) {
    return null;
  }
  if (stream.peek() === '#') {
    stream.skipToEnd();
    return 'comment';
  }
  switch (state.place) {
    case 'start':
      return lineStart(stream, state);
    case 'model name':
      state.place = 'expression';
      return stream.match(NAME) ? 'model' : expression(stream, state);
    default:
      return expression(stream, state);
  }
}

function lineStart(stream: StringStream, state: IState): string | null {
  if (stream.match(MAGIC)) {
    state.place = 'model name';
    return 'magic';
  }
  if (stream.match(QUOTES)) {
    return docstring(stream, state, stream.current());
  }
  state.place = 'expression';
  if (stream.match(SECTION)) {
    stream.eatSpace();
    stream.eat(':');
    return 'section';
  }
  return stream.match(DEFINED_NAME) ? 'defined' : expression(stream, state);
}

function docstring(stream: StringStream, state: IState, quotes: string): string {
  const end = stream.string.indexOf(quotes, stream.pos);
  if (end < 0) {
    state.docstring = quotes;
    stream.skipToEnd();
  } else {
    state.docstring = null;
    stream.pos = end + quotes.length;
  }
  return 'docstring';
}

function expression(stream: StringStream, state: IState): string | null {
  if (stream.match(DERIVATIVE)) {
    return 'derivative';
  }
  if (state.place === 'flags' && beginsFlag(stream) && stream.match(FLAG)) {
    return 'flag';
  }
  if (stream.match(NUMBER)) {
    return 'number';
  }
  if (stream.match(WORD_OPERATOR)) {
    if (stream.current() === 'if' && /:.*\belse\s*:/.test(rest(stream))) {
      state.conditionalColons += 2;
    }
    return 'keyword';
  }
  if (followsNumber(stream) && stream.match(UNIT)) {
    return 'unit';
  }
  if (stream.match(NAME)) {
    return /^\s*\(/.test(rest(stream)) ? 'function' : null;
  }
  if (stream.eat(':')) {
    if (state.conditionalColons > 0) {
      state.conditionalColons -= 1;
    } else {
      state.place = 'flags';
    }
    return 'punctuation';
  }
  if (stream.match(OPERATOR)) {
    return 'operator';
  }
  return /[[\](){}]/.test(stream.next() ?? '') ? 'bracket' : 'punctuation';
}

/** Flags are separated by commas; a comma between parentheses separates arguments. */
function beginsFlag(stream: StringStream): boolean {
  const before = stream.string.slice(0, stream.pos);
  const depth = before.split('(').length - before.split(')').length;
  return depth === 0 && /[:,]\s*$/.test(before);
}

function followsNumber(stream: StringStream): boolean {
  return /(?<![\w.])(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(stream.string.slice(0, stream.pos));
}

function rest(stream: StringStream): string {
  return stream.string.slice(stream.pos);
}

export const modelLanguage = StreamLanguage.define<IState>({
  name: 'snnlab model',
  startState: () => ({ place: 'start', docstring: null, conditionalColons: 0 }),
  token,
  languageData: { commentTokens: { line: '#' } },
  tokenTable: {
    magic: tags.meta,
    model: tags.definition(tags.variableName),
    section: tags.keyword,
    defined: tags.definition(tags.variableName),
    derivative: tags.special(tags.variableName),
    flag: tags.atom,
    unit: tags.attributeName,
    function: tags.standard(tags.variableName),
    docstring: tags.string
  }
});
