// Evaluates expressions by feelin: a list of them comes in as JSON, a list of their values goes out.
// usage: node feelin.mjs <path of feelin> < [{"expression": "1 + a", "context": {"a": 1}}] > [{"value": 2}]
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { evaluate } = await import(pathToFileURL(process.argv[2]));

function plain(value) {
  if (value === null || value === undefined) return null;
  if (['number', 'string', 'boolean'].includes(typeof value)) return Number.isNaN(value) ? null : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  }
  return { unwritten: value.constructor?.name ?? typeof value };
}

function outcome({ expression, context }) {
  try {
    return { value: plain(evaluate(expression, context).value) };
  } catch (error) {
    return { refused: String(error.message ?? error) };
  }
}

const asked = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(asked.map(outcome)));
