import { describe, expect, it, test } from 'vitest';
import {
  CommandError,
  errorCode,
  errorText,
  EXIT,
  fileErrorText,
  StoreUnavailableError,
} from '../../../shared/base/errors.js';

describe('CommandError', () => {
  it('carries the exit code and the cause', () => {
    const cause = new Error('ECONNREFUSED');

    const error = new CommandError(EXIT.unavailable, 'Cannot reach Redis', { cause });

    expect(error).toMatchObject({ name: 'CommandError', exitCode: 69, cause });
  });
});

describe('StoreUnavailableError', () => {
  it('carries the code of the system', () => {
    const error = new StoreUnavailableError('ENOSPC', 'Cannot write');

    expect(error).toMatchObject({ name: 'StoreUnavailableError', code: 'ENOSPC' });
  });
});

function systemError(code: string, facts: object): Error {
  return Object.assign(new Error('as Node says it'), { code, ...facts });
}

test('fileErrorText() puts a code in words where it knows them', () => {
  expect(fileErrorText('EROFS')).toBe('the file system is read-only (EROFS)');
  expect(fileErrorText('EXDEV')).toBe('EXDEV');
});

describe('errorText()', () => {
  it.each([
    [new Error('two\n  lines'), 'two lines'],
    [new TypeError(''), 'TypeError'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [systemError('ENOENT', { syscall: 'open', path: '/x' }), 'no such file or directory (ENOENT)'],
    [systemError('ENOSPC', { syscall: 'write' }), 'the disk is full (ENOSPC)'],
    [systemError('EXDEV', { syscall: 'rename', path: '/x' }), 'as Node says it'],
    [systemError('EACCES', { syscall: 'listen' }), 'as Node says it'],
    [systemError('ENOENT', {}), 'as Node says it'],
  ])('of %s is one line', (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});

describe('errorCode()', () => {
  it.each([
    [Object.assign(new Error('gone'), { code: 'ENOENT' }), 'ENOENT'],
    [Object.assign(new Error('numbered'), { code: 7 }), undefined],
    [new Error('without'), undefined],
    [{ code: 'ENOENT' }, undefined],
  ])('of %o is %s', (error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});
