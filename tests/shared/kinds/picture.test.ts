import { describe, expect, it } from 'vitest';
import { KINDS } from '../../../shared/kinds/kinds.js';
import {
  hasPicture,
  largeFile,
  PICTURE_EXTENSIONS,
  pictureExtension,
} from '../../../shared/kinds/picture.js';

describe('hasPicture()', () => {
  it.each([
    ['https://imgs.example.invalid/comics/kettle.png', true],
    ['https://imgs.example.invalid/comics/', false],
    ['https://imgs.example.invalid/comics/?', false],
    ['', false],
  ])('says of a record whose img is %j: %j', (img, has) => {
    expect(hasPicture(img)).toBe(has);
  });
});

describe('largeFile()', () => {
  it.each([
    [1053, 'kettle.png', 'kettle_2x.png'],
    [2000, 'landing/kettle_(1).jpg', 'landing/kettle_(1)_2x.jpg'],
    [2000, 'kettle.v2.png', 'kettle.v2_2x.png'],
    // The older ones have none, and none has four times the size.
    [1052, 'kettle.png', undefined],
    [2000, 'kettle_2x.png', undefined],
    [2000, 'kettle', undefined],
    [2000, 'landing/.png', undefined],
  ])('knows for comic %j with %j: %j', (id, file, large) => {
    expect(largeFile(id, file)).toBe(large);
  });
});

describe('pictureExtension()', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'png'],
    ['\xff\xd8\xff\xe0\0\x10JFIF', 'jpg'],
    ['GIF89a\x01\0', 'gif'],
    ['GIF87a\x01\0', 'gif'],
    ['RIFF\n\0\r\nWEBPVP8 ', 'webp'],
    ['RIFF\x24\0\0\0WAVEfmt ', undefined],
    ['<!doctype html>', undefined],
    ['PNG', undefined],
    ['', undefined],
  ])('tells by the first bytes: %j', (start, extension) => {
    expect(pictureExtension(Buffer.from(start, 'latin1'))).toBe(extension);
  });

  it('has the extensions that are looked for, the commonest first', () => {
    expect(PICTURE_EXTENSIONS).toEqual(['png', 'jpg', 'gif', 'webp']);
  });
});

describe('a picture', () => {
  it('is selected as its comic is', () => {
    const { picture } = KINDS;
    const parsed = picture.parse('614');

    expect(parsed).toMatchObject({ type: 'sequence', sequence: { length: 1, text: '614' } });
    expect([picture.format({ id: 614 }), picture.identity({ id: 614 })]).toEqual(['614', 614]);
  });
});

describe('a stored picture', () => {
  it('is that of the comic in its name', () => {
    expect(KINDS.picture.wordOfFile?.('614.png')).toBe('614');
    expect(KINDS.picture.wordOfFile?.('kettle.png')).toBe('');
  });
});
