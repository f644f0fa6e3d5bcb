/** The fleet's pages, fetched when one is shown. */

import { Lazy } from "../parts/Lazy";
import type pages from "./pages";

export const Fleet = ({ page }: { page: keyof typeof pages }) => <Lazy load={() => import("./pages").then((found) => ({ default: found.default[page] }))} key={page} />;
