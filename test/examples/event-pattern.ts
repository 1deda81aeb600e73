/**
 * Matches an event against a pattern as EventBridge, its Pipes and Lambda's event filters do, for the operators that the
 * patterns here use.
 *
 * @throws {Error} for any other operator
 */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((rule) => [event].flat().some((value) => passes(rule, value)));
  // In a list of objects, one must match.
  return [event].flat().some((value) => {
    const fields = isObject(value) ? value : {};
    return Object.entries(pattern as object).every(([name, nested]) => matches(nested, fields[name]));
  });
}

function passes(rule: unknown, value: unknown): boolean {
  if (!isObject(rule)) return value === rule;
  const [[operator, operand] = [], ...more] = Object.entries(rule);
  if (more.length > 0) throw new Error('A rule has one operator');
  switch (operator) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(operand));
    case 'anything-but':
      return value !== undefined && ![operand].flat().includes(value);
    case 'exists':
      return (value !== undefined && !isObject(value)) === operand;
    default:
      throw new Error(`No operator ${operator}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
