/** The page: who is asking, where they are, and the frame around it. */

import "@fontsource-variable/inter/wght.css";
import "./styles/base.css";
import "./styles/wall.css";
import "./styles/pages.css";
import { type ComponentChildren, render } from "preact";
import { useEffect } from "preact/hooks";
import { AlertsPage } from "./pages/AlertsPage";
import { CameraPage } from "./pages/CameraPage";
import { CamerasPage } from "./pages/CamerasPage";
import { DocsPage } from "./pages/DocsPage";
import { Enter } from "./pages/Enter";
import { EventPage } from "./pages/EventPage";
import { EventsPage } from "./pages/EventsPage";
import { SettingsPage } from "./pages/SettingsPage";
import { WallPage } from "./pages/WallPage";
import { Empty } from "./parts/bits";
import * as icons from "./parts/icons";
import { follow, place } from "./router";
import { connected, house, outages, recent, session, unreachable, whoAmI } from "./store";
import { theme } from "./theme";

const PLACES: { path: string; name: string; icon: () => ComponentChildren }[] = [
  { path: "/", name: "Wall", icon: () => <icons.Wall /> },
  { path: "/events", name: "Events", icon: () => <icons.Walk /> },
  { path: "/cameras", name: "Cameras", icon: () => <icons.Camera /> },
  { path: "/alerts", name: "Alerts", icon: () => <icons.Bell /> },
  { path: "/settings", name: "Settings", icon: () => <icons.Gear /> },
];

function page(path: string): [string, ComponentChildren] {
  const [first = "", second] = path.split("/").slice(1);
  const id = second ? decodeURIComponent(second) : "";
  if (path === "/") return ["Wall", <WallPage />];
  if (first === "events") return id ? ["Event", <EventPage id={id} />] : ["Events", <EventsPage />];
  if (first === "cameras") return id ? ["Camera", <CameraPage id={id} key={id} />] : ["Cameras", <CamerasPage />];
  if (first === "alerts") return ["Alerts", <AlertsPage />];
  if (first === "settings") return ["Settings", <SettingsPage />];
  if (first === "docs") return ["API", <DocsPage />];
  return [
    "Nothing here",
    <Empty icon={<icons.Hearth size={40} />} title="There is nothing here">
      <a href="/">Back to the wall</a>
    </Empty>,
  ];
}

function Shell() {
  const { path } = place.value;
  const [title, content] = page(path);
  const unseen = recent.value.filter((event) => !event.reviewed).length;
  const broken = outages.value.filter((outage) => outage.end_us === null && outage.fault !== "detector-basic").length;
  useEffect(() => {
    document.title = `${title} · ${house.value?.name || "Hearthwatch"}`;
  }, [title, house.value?.name]);
  const light = theme.value === "light" || (theme.value === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        To the content
      </a>
      <nav class="rail" aria-label="Main">
        <a class="rail-mark" href="/" aria-label="Hearthwatch">
          <icons.Hearth />
        </a>
        {PLACES.map(({ path: to, name, icon }) => (
          <a key={to} class="rail-link" href={to} aria-current={to === "/" ? (path === "/" ? "page" : undefined) : path.startsWith(to) ? "page" : undefined}>
            <span class="rail-icon">
              {icon()}
              {to === "/events" && unseen ? <i class="badge" aria-label={`${unseen} new`} /> : null}
              {to === "/cameras" && broken ? <i class="badge is-bad" aria-label={`${broken} with trouble`} /> : null}
            </span>
            <span>{name}</span>
          </a>
        ))}
        <span class="spacer" />
        <button class="rail-link is-theme" type="button" onClick={() => (theme.value = light ? "dark" : "light")} aria-label={light ? "Switch to dark" : "Switch to light"}>
          <span class="rail-icon">{light ? <icons.Moon /> : <icons.Sun />}</span>
        </button>
      </nav>
      <main id="content" tabIndex={-1}>
        {connected.value ? null : (
          <p class="banner" role="status">
            Hearthwatch does not answer. Trying again…
          </p>
        )}
        {content}
      </main>
    </div>
  );
}

function App() {
  if (session.value === null) {
    return unreachable.value ? (
      <main class="enter">
        <Empty icon={<icons.Hearth size={44} />} title="Hearthwatch does not answer">
          Trying again… Is the machine on, and are you in its network?
        </Empty>
      </main>
    ) : null;
  }
  return session.value.user ? <Shell /> : <Enter />;
}

document.addEventListener("click", follow);
const root = document.getElementById("app");
if (root) render(<App />, root);
void whoAmI();
