/** Every setting of the house: grouped, searchable, checked as it is typed, and saved together. */

import "./config.css";
import "./editors.css";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName } from "../store";
import { rich, t } from "../words";
import { told } from "../words/told";
import { type Change, type Config, mistakesOf, type Mistake, readConfig, type SecretNow, sendChanges, type Value } from "./api";
import { readHelp } from "./help";
import { groupsOf, infoOf, isGone, matches, type Pending, sectionsWith, sectionTitle, without, withChange } from "./model";
import { SaveBar } from "./SaveBar";
import { Secrets } from "./Secrets";
import { Additions, Gone, SectionCard } from "./SectionCard";

/** Outlives the page, so that looking elsewhere loses nothing. */
const pending = signal<Pending>(new Map());
const MOST_FOUND = 60;

addEventListener("beforeunload", (event) => {
  if (pending.peek().size) event.preventDefault();
});

export default function ConfigPage() {
  const [read, failed, setRead] = useLoaded(() => Promise.all([readConfig(), readHelp()]).then(([config]) => config), []);
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const [error, setError] = useState<unknown>(null);
  const changes = useMemo(() => [...pending.value.values()], [pending.value]);

  useEffect(() => {
    setError(null);
    if (!read || !changes.length) {
      setMistakes([]);
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      sendChanges(read.mark, changes, true).then(
        () => current && setMistakes([]),
        (found: unknown) => {
          if (!current) return;
          const known = mistakesOf(found);
          setMistakes(known);
          if (!known.length) setError(found);
        },
      );
    }, 350);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [changes, read]);

  if (!read) return <div class="page">{failed ? <Trouble error={failed} /> : null}</div>;
  const again = async (): Promise<void> => {
    setError(null);
    setRead(await readConfig());
  };
  const put = (path: readonly string[], value: Value): void => {
    const now = read.sections.find((section) => section.path.join("\0") === path.slice(0, -1).join("\0"))?.values[path.at(-1) ?? ""];
    pending.value = withChange(pending.value, path, value, now);
  };
  return (
    <div class="page set-page">
      <Head title={t("All settings")}>
        <a class="button is-plain" href="/settings">
          <icons.Back size={18} /> {t("Settings")}
        </a>
      </Head>
      {read.mistakes.length ? <BrokenByHand config={read} onAgain={() => void again()} /> : null}
      <Body
        config={read}
        mistakes={mistakes}
        onChange={put}
        onForget={(path) => {
          pending.value = without(pending.value, path);
        }}
        onRemove={(path, value) => {
          pending.value = new Map([...without(pending.value, path), [path.join("\0"), { path, value }]]);
        }}
        onSecret={(secret) => setRead({ ...read, secrets: read.secrets.map((each) => (each.name === secret.name ? secret : each)) })}
      />
      <SaveBar
        config={read}
        changes={changes}
        mistakes={mistakes}
        error={error}
        onDiscard={() => {
          pending.value = new Map();
        }}
        onAgain={() => void again()}
        onSaved={() => {
          pending.value = new Map();
          void again();
        }}
      />
    </div>
  );
}

function BrokenByHand({ config, onAgain }: { config: Config; onAgain: () => void }) {
  return (
    <section class="panel set-broken" role="alert">
      <h2>{t("The file has a mistake")}</h2>
      <p>
        {rich("Somebody changed {file} by hand, and it cannot be read like this. Hearthwatch goes on with what was there before. Nothing can be changed here until it is mended.", { file: <code>{config.file}</code> })}
      </p>
      <ul>
        {config.mistakes.map((mistake) => (
          <li key={mistake.key + mistake.text}>
            {mistake.line ? `${t("Line {line}:", { line: mistake.line })} ` : ""}
            {mistake.key ? <code>{mistake.key}</code> : null} {told(mistake.text)}
          </li>
        ))}
      </ul>
      <button class="button" type="button" onClick={onAgain}>
        <icons.Again size={18} /> {t("Look again")}
      </button>
    </section>
  );
}

interface BodyProps {
  config: Config;
  mistakes: readonly Mistake[];
  onChange: (path: readonly string[], value: Value) => void;
  onForget: (path: readonly string[]) => void;
  onRemove: (path: readonly string[], value: Change["value"]) => void;
  onSecret: (secret: SecretNow) => void;
}

function Body({ config, mistakes, onChange, onForget, onRemove, onSecret }: BodyProps) {
  const [query, setQuery] = useState("");
  const groups = groupsOf(config, cameraName);
  const asked = place.value.query.get("page");
  const group = groups.find((each) => each.id === asked) ?? groups[0];
  const all = sectionsWith(config, pending.value);
  const found = query.trim() ? all.map((section) => ({ section, keys: infoOf(config, section)?.keys.filter((key) => matches(query, section, key)) ?? [] })).filter((each) => each.keys.length) : null;
  const shared = { config, pending: pending.value, mistakes, onChange, onForget, onRemove };
  if (!group) return null;
  const here = all.filter((section) => group.holds(section.path));
  const gone = config.sections.filter((section) => group.holds(section.path) && isGone(section.path, pending.value));
  let left = MOST_FOUND;
  return (
    <div class="set-body">
      <div class="set-side">
        <label class="set-search">
          <icons.Search size={18} />
          <input type="search" value={query} placeholder={t("Search every setting")} aria-label={t("Search every setting")} onInput={(event) => setQuery(event.currentTarget.value)} />
        </label>
        <label class="set-pick">
          <span class="sr">{t("Which settings")}</span>
          <select value={group.id} onChange={(event) => go(`/settings/all?page=${encodeURIComponent(event.currentTarget.value)}`, true)}>
            {groups.map((each) => (
              <option key={each.id} value={each.id}>
                {each.title}
              </option>
            ))}
          </select>
        </label>
        <nav class="set-nav" aria-label={t("Which settings")}>
          {groups.map((each) => (
            <a key={each.id} href={`/settings/all?page=${encodeURIComponent(each.id)}`} aria-current={!found && each.id === group.id ? "page" : undefined} onClick={() => setQuery("")}>
              {each.title}
              {[...pending.value.values()].some((change) => each.holds(change.path)) ? <i class="set-dot" aria-label={t("changed, not saved")} /> : null}
            </a>
          ))}
        </nav>
      </div>
      <div class="set-main">
        {found ? (
          <>
            <h2 class="set-heading" aria-live="polite">
              {found.length ? t("Found for “{query}”", { query: query.trim() }) : t("Nothing is called “{query}”", { query: query.trim() })}
            </h2>
            {found.map(({ section, keys }) => {
              const shown = keys.slice(0, Math.max(0, left));
              left -= shown.length;
              return shown.length ? <SectionCard key={section.path.join(".")} {...shared} section={section} only={shown} where={groups.find((each) => each.holds(section.path))?.title ?? ""} /> : null;
            })}
            {left <= 0 ? <p class="hint">{t("There are more: add a word.")}</p> : null}
          </>
        ) : (
          <>
            <h2 class="set-heading">{group.title}</h2>
            {group.id === "camera_defaults" ? <p class="dim set-intro">{t("What is set here holds for every camera that does not say otherwise.")}</p> : null}
            {here.map((section, at) => (
              <SectionCard key={section.path.join(".")} {...shared} section={section} where="" open={at < 2 || here.length < 4} />
            ))}
            {gone.length ? <Gone sections={gone} titleOf={sectionTitle} onForget={onForget} /> : null}
            <Additions config={config} group={group} onChange={onChange} />
            <Secrets secrets={config.secrets.filter((secret) => group.holds(secret.name.split(".")))} onSecret={onSecret} />
          </>
        )}
      </div>
    </div>
  );
}
