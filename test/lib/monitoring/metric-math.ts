/** A value of each period; `undefined` where there is no data. */
export type Points = (number | undefined)[];

export interface MathContext {
  /** The values of a metric. */
  windows: (id: string) => Points;
  length: number;
  /** Whether FILL fills a metric that has no data at all. */
  fillsNothing: boolean;
}

type Compiled = (context: MathContext) => Points;
type Operators = Record<string, (a: number, b: number) => number>;

const comparisons: Operators = { '<': (a, b) => Number(a < b), '>': (a, b) => Number(a > b) };
const sums: Operators = { '+': (a, b) => a + b, '-': (a, b) => a - b };
const products: Operators = { '*': (a, b) => a * b };

/**
 * CloudWatch's metric math, as far as the alarms use it. What is computed from missing data is missing.
 *
 * @param id of a metric or of one of the expressions
 */
export function compile(id: string, expressions: ReadonlyMap<string, string>): Compiled {
  const expression = expressions.get(id);
  if (expression === undefined) return ({ windows }) => windows(id);
  const tokens = expression.match(/[A-Za-z_]\w*|\d+|\S/g) ?? [];
  let next = 0;
  const take = (expected?: string): string => {
    const token = tokens[next++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`${expression}: ${token} in place of ${expected}`);
    return token;
  };
  const binary = (operators: Operators, operand: () => Compiled): Compiled => {
    let left = operand();
    for (;;) {
      const operate = operators[tokens[next] ?? ''];
      if (!operate) return left;
      take();
      left = combine(left, operand(), operate);
    }
  };
  const comparison = (): Compiled => binary(comparisons, () => binary(sums, () => binary(products, operand)));
  const closed = (compiled: Compiled): Compiled => {
    take(')');
    return compiled;
  };
  const operand = (): Compiled => {
    const token = take();
    if (token === '(') return closed(comparison());
    if (/^\d/.test(token)) return ({ length }) => Array<number>(length).fill(Number(token));
    if (tokens[next] !== '(') return compile(token, expressions);
    take('(');
    const argument = comparison();
    if (token === 'DIFF') return closed(difference(argument));
    if (token !== 'FILL') throw new Error(`${expression}: nothing simulates ${token}`);
    take(',');
    return closed(fill(argument, Number(take())));
  };
  const compiled = comparison();
  if (next !== tokens.length) throw new Error(`${expression}: ${tokens[next]} is too much`);
  return compiled;
}

function combine(left: Compiled, right: Compiled, operate: (a: number, b: number) => number): Compiled {
  return (context) => {
    const others = right(context);
    return left(context).map((a, index) => {
      const b = others[index];
      return a === undefined || b === undefined ? undefined : operate(a, b);
    });
  };
}

function difference(argument: Compiled): Compiled {
  return (context) => {
    const points = argument(context);
    return points.map((value, index) => {
      const before = points[index - 1];
      return value === undefined || before === undefined ? undefined : value - before;
    });
  };
}

function fill(argument: Compiled, filler: number): Compiled {
  return (context) => {
    const points = argument(context);
    const isEmpty = points.every((value) => value === undefined);
    return isEmpty && !context.fillsNothing ? points : points.map((value) => value ?? filler);
  };
}
