import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colour only where a person reads: a terminal, without NO_COLOR (https://no-color.org). */
export const colours = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !process.env.NO_COLOR;

export interface Terminal {
  /** True when lines can be drawn over. */
  readonly live: boolean;
  style(style: Style, text: string): string;
  /** One line that stays. */
  line(text?: string): void;
  /** Replaces the block drawn last; on a non-terminal nothing is drawn. */
  draw(lines: readonly string[]): void;
  /** Keeps what is drawn and goes on below it. */
  settle(): void;
}

export const terminal = (stream: NodeJS.WriteStream, { quiet = false } = {}): Terminal => {
  const live = stream.isTTY === true && !quiet;
  const coloured = colours(stream);
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    live,
    style: (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text),
    line: (text = '') => {
      if (quiet) return;
      erase();
      stream.write(`${text}\n`);
    },
    draw: (lines) => {
      if (!live) return;
      erase();
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    settle: () => {
      drawn = 0;
    },
  };
};
