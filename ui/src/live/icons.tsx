/** Line icons of the live view: 24 px grid, one stroke, as all others. */

import type { ComponentChildren } from "preact";

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    {children}
  </svg>
);

const glass = <path d="M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l4.5 4.5" />;
export const Closer = () => (
  <Icon>
    {glass}
    <path d="M10.5 8v5M8 10.500h5" />
  </Icon>
);
export const Further = () => (
  <Icon>
    {glass}
    <path d="M8 10.500h5" />
  </Icon>
);
export const Move = () => (
  <Icon>
    <path d="M12 4v16M4 12h16M9.500 6.500 12 4l2.500 2.500M9.500 17.500 12 20l2.500-2.500M6.500 9.500 4 12l2.500 2.500M17.500 9.500 20 12l-2.500 2.500" />
  </Icon>
);
const horn = <path d="M5 9.500h3l4.500-4v13L8 14.500H5z" />;
export const Loud = () => (
  <Icon>
    {horn}
    <path d="M15.500 9a4.200 4.200 0 0 1 0 6M17.800 6.500a7.800 7.800 0 0 1 0 11" />
  </Icon>
);
export const Mute = () => (
  <Icon>
    {horn}
    <path d="m16 9.700 4.600 4.600m0-4.600L16 14.300" />
  </Icon>
);
export const Shot = () => (
  <Icon>
    <path d="M4.500 8.500A1.500 1.500 0 0 1 6 7h2.200l1.300-2h5l1.300 2H18a1.500 1.500 0 0 1 1.500 1.500v8.500A1.500 1.500 0 0 1 18 18.500H6A1.500 1.500 0 0 1 4.500 17z" />
    <circle cx="12" cy="12.500" r="3.200" />
  </Icon>
);
export const Fill = () => (
  <Icon>
    <path d="M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15" />
  </Icon>
);
export const Unfill = () => (
  <Icon>
    <path d="M9 4.500V9H4.500M19.500 9H15V4.500M15 19.500V15h4.500M4.500 15H9v4.500" />
  </Icon>
);
export const Order = () => (
  <Icon>
    <path d="M8 4.500v15M8 4.500 5 7.500m3-3 3 3M16 19.500v-15m0 15 3-3m-3 3-3-3" />
  </Icon>
);
export const Arrow = ({ turn, plus }: { turn: number | null; plus: boolean }) => (
  <Icon>{turn === null ? <path d={plus ? "M12 6v12M6 12h12" : "M6 12h12"} /> : <path d="m6 14.500 6-6 6 6" transform={`rotate(${turn} 12 12)`} />}</Icon>
);
