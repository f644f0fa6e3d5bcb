/** Line icons, drawn for this page: 24 px grid, one stroke. */

import type { ComponentChildren } from "preact";

const Icon = ({ children, size = 22 }: { children: ComponentChildren; size?: number | undefined }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    {children}
  </svg>
);

type Props = { size?: number };

export const Hearth = ({ size = 30 }: Props) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
    <path d="M5 15.5 16 6l11 9.500V26a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2z" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
    <path d="M16 13.500c2.7 2.7 4.2 4.5 4.2 6.900a4.2 4.2 0 0 1-8.4 0c0-1.4.5-2.5 1.4-3.5.3.9.8 1.4 1.5 1.6-.3-1.9.1-3.5 1.3-5z" class="flame" />
  </svg>
);
export const Wall = (p: Props) => (
  <Icon {...p}>
    <rect x="3.5" y="4.5" width="7.5" height="6.5" rx="1.5" />
    <rect x="13.5" y="4.5" width="7" height="6.5" rx="1.5" />
    <rect x="3.5" y="13.5" width="7.5" height="6.5" rx="1.5" />
    <rect x="13.5" y="13.5" width="7" height="6.5" rx="1.5" />
  </Icon>
);
export const Time = (p: Props) => (
  <Icon {...p}>
    <path d="M3.500 8h7M14 8h6.500M3.500 13h3.500M10.500 13h10M3.500 18h10M17 18h3.500M12.300 4v17" />
  </Icon>
);
export const Walk = (p: Props) => (
  <Icon {...p}>
    <circle cx="12.8" cy="4.6" r="1.8" />
    <path d="M12.6 8.6 10.8 13.600l3.4 2.6 1.2 4.600M10.6 14.600l-1.4 3-2.6 2.800M8 12.600l1.2-3 3.4-1 2.2 2.6 2.6.8" />
  </Icon>
);
export const Camera = (p: Props) => (
  <Icon {...p}>
    <path d="M4 7.500h9.500a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z" />
    <path d="m15.5 11 4.3-2.500a.8.8 0 0 1 1.2.7v5.600a.8.8 0 0 1-1.2.7L15.5 13" />
  </Icon>
);
export const Bell = (p: Props) => (
  <Icon {...p}>
    <path d="M6.5 10.500a5.5 5.5 0 0 1 11 0c0 4.5 1.8 5.7 2 6H4.500c.2-.3 2-1.5 2-6zM10 19.500a2.2 2.2 0 0 0 4 0" />
  </Icon>
);
export const Gear = (p: Props) => (
  <Icon {...p}>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </Icon>
);
export const Home = (p: Props) => (
  <Icon {...p}>
    <path d="M4 11.500 12 4.500l8 7V19a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 19z" />
    <circle cx="12" cy="13" r="2.200" />
    <path d="M8.500 20.500a3.500 3.500 0 0 1 7 0" />
  </Icon>
);

export const Back = (p: Props) => (
  <Icon {...p}>
    <path d="m14.5 6-6 6 6 6" />
  </Icon>
);
export const Next = (p: Props) => (
  <Icon {...p}>
    <path d="m9.5 6 6 6-6 6" />
  </Icon>
);
export const Close = (p: Props) => (
  <Icon {...p}>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);
export const Pin = (p: Props) => (
  <Icon {...p}>
    <path d="M7 4.500h10v15.500l-5-4-5 4z" />
  </Icon>
);
export const Down = (p: Props) => (
  <Icon {...p}>
    <path d="M12 4.500v10m-4-3.8 4 4 4-4M5 19.500h14" />
  </Icon>
);
export const Sun = (p: Props) => (
  <Icon {...p}>
    <circle cx="12" cy="12" r="3.8" />
    <path d="M12 3.500v2M12 18.500v2M3.5 12h2M18.5 12h2M6 6l1.4 1.400M16.6 16.6 18 18M18 6l-1.4 1.400M7.4 16.6 6 18" />
  </Icon>
);
export const Moon = (p: Props) => (
  <Icon {...p}>
    <path d="M19.5 14.200A8 8 0 0 1 9.8 4.500a8 8 0 1 0 9.7 9.700z" />
  </Icon>
);
export const Out = (p: Props) => (
  <Icon {...p}>
    <path d="M13.5 4.500H6a1.5 1.5 0 0 0-1.5 1.500v12A1.5 1.5 0 0 0 6 19.500h7.500M10 12h10m-3.5-3.500L20 12l-3.5 3.5" />
  </Icon>
);
export const Eye = (p: Props) => (
  <Icon {...p}>
    <path d="M3 12s3.2-6 9-6 9 6 9 6-3.2 6-9 6-9-6-9-6z" />
    <circle cx="12" cy="12" r="2.6" />
  </Icon>
);
export const Door = (p: Props) => (
  <Icon {...p}>
    <path d="M6 20.5V5a1.5 1.5 0 0 1 1.5-1.5h9A1.5 1.5 0 0 1 18 5v15.500M3.5 20.500h17M14.6 11.800v1" />
  </Icon>
);
export const Key = (p: Props) => (
  <Icon {...p}>
    <circle cx="8" cy="15.5" r="4" />
    <path d="m11 12.600 8.500-8.600M15.500 8l3 3" />
  </Icon>
);
export const Check = (p: Props) => (
  <Icon {...p}>
    <path d="m5 12.5 4.5 4.500L19 7.500" />
  </Icon>
);
export const Warn = (p: Props) => (
  <Icon {...p}>
    <path d="M12 4.500 3.800 18.500h16.400zM12 10v4M12 16.400v.1" />
  </Icon>
);
export const Shield = (p: Props) => (
  <Icon {...p}>
    <path d="M12 3.500 5 6v5.500c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z" />
  </Icon>
);
export const Copies = (p: Props) => (
  <Icon {...p}>
    <path d="M8.5 8V5A1.5 1.5 0 0 1 10 3.500h8A1.5 1.5 0 0 1 19.500 5v10A1.500 1.500 0 0 1 18 16.500h-2.500M6 8h8a1.500 1.500 0 0 1 1.500 1.500V19a1.500 1.500 0 0 1-1.500 1.500H6A1.500 1.500 0 0 1 4.500 19V9.500A1.500 1.500 0 0 1 6 8z" />
  </Icon>
);
export const Lines = (p: Props) => (
  <Icon {...p}>
    <path d="M5 6.500h14M5 12h14M5 17.500h9" />
  </Icon>
);
export const Search = (p: Props) => (
  <Icon {...p}>
    <circle cx="11" cy="11" r="6" />
    <path d="m15.500 15.500 4.500 4.500" />
  </Icon>
);
export const Again = (p: Props) => (
  <Icon {...p}>
    <path d="M19 12a7 7 0 1 1-2.300-5.200M19 3.500v4h-4" />
  </Icon>
);
export const Dots = (p: Props) => (
  <Icon {...p}>
    <path d="M5.5 12h.01M12 12h.01M18.500 12h.01" stroke-width="2.600" />
  </Icon>
);
