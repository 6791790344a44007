import { expect, it } from 'vitest';
import { curvesPicture } from './curves-picture.ts';

const picture = curvesPicture({
  title: 'A & B',
  description: 'two curves',
  floor: 0.5,
  panels: [
    {
      title: '2NN < CNN',
      target: 0.9,
      curves: [
        { name: 'even', values: [0.3, 0.75, 1] },
        { name: 'shards', values: [0.5, 0.6] },
      ],
    },
  ],
});

it('draws rounds from left to right and shares from the floor to 100 %', () => {
  // 10 rounds over 316 pixels from 48 on; 162 pixels from 226 up for one half.
  expect(picture).toContain('d="M79.6 226L111.2 145L142.8 64"');
  expect(picture).toContain('d="M79.6 226L111.2 193.6"');
  // the target at 0.9
  expect(picture).toContain('y1="96.4" y2="96.4"');
});

it('writes texts as XML takes them', () => {
  expect(picture).toContain('<title>A &amp; B</title>');
  expect(picture).toContain('2NN &lt; CNN');
});
