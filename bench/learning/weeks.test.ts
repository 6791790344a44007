import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/dataset/source-file.ts';
import { evenly, Recording } from './weeks.ts';

const LINES = ['1,2015,12,31,18,a', '2,2015,12,31,21,b', '3,2016,1,1,0,c', '4,2016,1,1,3,d'];
const recording = new Recording('station.csv', ['No,year,month,day,hour,x', ...LINES, ''].join('\r\n'));

describe('a recording', () => {
  it('is found by time', () => {
    expect(recording.length).toBe(4);
    expect(recording.lineOf('2016,1,1,0')).toBe(2);
    expect(recording.timeOf(1)).toBe('2015,12,31,21');
    expect(() => recording.lineOf('2017,1,1,0')).toThrow(/no line of 2017,1,1,0/);
  });

  it('is cut with its header', async () => {
    const text = new TextDecoder().decode(await bytesOf(recording.part(1, 3)));
    expect(text).toBe(`No,year,month,day,hour,x\n${LINES[1]}\n${LINES[2]}\n`);
  });
});

it('takes so many of a list at equal distances', () => {
  const list = Array.from({ length: 10 }, (_, i) => i);
  expect(evenly(list, 4)).toEqual([0, 2, 5, 7]);
  expect(evenly(list, 10)).toEqual(list);
  expect(evenly(list, 11)).toEqual(list);
});
