import { expect, test } from 'vitest';
import { parseJson } from '../../../shared/base/json.js';

test.each([
  ['{"num":614}', { num: 614 }],
  ['null', null],
  ['{"num":6', undefined],
  ['', undefined],
])('parseJson(%j) is %j', (text, value) => {
  expect(parseJson(text)).toEqual(value);
});
