import { expect, test } from 'vitest';
import { OutOfFilesError } from '../../../shared/base/errors.js';
import { requestFailure } from '../../../shared/fetch/failure.js';

test('requestFailure() names what each address of a site said', () => {
  const each = [
    new Error('connect ENETUNREACH 2001:db8::1:443'),
    new Error('connect ETIMEDOUT 192.0.2.1:443'),
  ];
  const cause = new AggregateError(each, '');
  const error = Object.assign(new Error('', { cause }), { code: 'ETIMEDOUT' });

  expect(requestFailure(error, false)).toMatchObject({
    reason: 'connection',
    detail: 'connect ENETUNREACH 2001:db8::1:443; connect ETIMEDOUT 192.0.2.1:443',
    cause,
  });
});

test.each(['EMFILE', 'ENFILE'])('requestFailure() blames no site for %s', (code) => {
  const cause = Object.assign(new Error(`connect ${code} 192.0.2.1:443`), { code });

  const failure = requestFailure(Object.assign(new Error('wrapped', { cause }), { code }), false);

  expect(failure).toBeInstanceOf(OutOfFilesError);
  expect(failure).toMatchObject({
    message: `Cannot open a connection: connect ${code} 192.0.2.1:443`,
  });
});

test('requestFailure() leaves a defect as it is', () => {
  const cause = new TypeError('no such function');

  expect(requestFailure(new Error('wrapped', { cause }), false)).toBe(cause);
});
