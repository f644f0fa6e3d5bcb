/** What can be done with a range of time: hand it out, keep it, let somebody else see it. */

import { useEffect, useState } from "preact/hooks";
import { at } from "../api";
import { address } from "../ask";
import { lasted, moment as momentName, shortDay } from "../format";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameraName } from "../store";
import { plural, rich, said, t } from "../words";
import { type Lasts, type Share, timeline } from "./api";
import { length, type Range, selected } from "./axis";

const MOST_US = 2 * 3600e6;
const LASTS: [Lasts, string][] = [
  ["hour", said("1 hour")],
  ["day", said("1 day")],
  ["week", said("7 days")],
];

interface Props {
  range: Range;
  cameras: readonly string[];
  now_us: number;
  mayDecide: boolean;
  onRange: (range: Range) => void;
  onKept: () => void;
  onClose: () => void;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** As a field for a time of day has it. */
function clockOf(at_us: number): string {
  const at = new Date(at_us / 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The same day at another time; null where none was entered. */
export function clockOn(day_us: number, text: string): number | null {
  const found = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  return found ? new Date(day_us / 1000).setHours(Number(found[1]), Number(found[2]), Number(found[3] ?? 0), 0) * 1000 : null;
}

export function SelectionBar({ range, cameras, now_us, mayDecide, onRange, onKept, onClose }: Props) {
  const [error, setError] = useState<unknown>(null);
  const [answer, setAnswer] = useState("");
  const [sharing, setSharing] = useState(false);
  const [lasts, setLasts] = useState<Lasts>("day");
  const [share, setShare] = useState<Share | null>(null);
  const [copied, setCopied] = useState(false);
  const [busy, setBusy] = useState(false);
  const [from, to] = range;
  useEffect(() => {
    setError(null);
    setAnswer("");
    setShare(null);
    setCopied(false);
  }, [from, to, cameras.join()]);
  const long = length(range);
  const move = (from_us: number | null, to_us: number | null): void => {
    const next = from_us === null || to_us === null ? null : selected(from_us, to_us, now_us);
    if (next) onRange(next);
  };
  const tooLong = long > MOST_US;
  const first = cameras[0];
  const work = (doing: Promise<void>): void => {
    setBusy(true);
    setError(null);
    doing.catch(setError).finally(() => setBusy(false));
  };
  const keep = async (): Promise<void> => {
    let files = 0;
    for (const camera of cameras) files += (await timeline.keep(camera, from, to, true)).segments;
    setAnswer(files ? plural(files, "Kept for good: {n} file of footage.", "Kept for good: {n} files of footage.") : t("There was no footage to keep."));
    onKept();
  };
  const makeLink = async (): Promise<void> => {
    setShare(await timeline.share(cameras, from, to, lasts));
    setCopied(false);
  };
  const link = share ? location.origin + share.path : "";
  return (
    <section class="tl-select" aria-label={t("Selected time")}>
      <p class="tl-select-what">
        <span class="tl-ends">
          <input type="time" step={1} aria-label={t("Begins")} value={clockOf(from)} onChange={(event) => move(clockOn(from, event.currentTarget.value), to)} />
          –
          <input type="time" step={1} aria-label={t("Ends|a stretch of time")} value={clockOf(to)} onChange={(event) => move(from, clockOn(to, event.currentTarget.value))} />
        </span>{" "}
        <span class="dim">
          {shortDay(from)}, {lasted(long)}, {cameras.map(cameraName).join(", ") || t("no camera chosen")}
        </span>
      </p>
      <div class="tl-select-do">
        {first && !tooLong ? (
          cameras.length === 1 ? (
            <a class="button" download href={at.footage(first, from, to, "main", true)}>
              <icons.Down size={18} /> {t("Export")}
            </a>
          ) : (
            <details class="tl-exports">
              <summary class="button">
                <icons.Down size={18} /> {t("Export")}
              </summary>
              <ul>
                {cameras.map((each) => (
                  <li key={each}>
                    <a download href={at.footage(each, from, to, "main", true)}>
                      {t("{camera} (MP4)", { camera: cameraName(each) })}
                    </a>
                  </li>
                ))}
              </ul>
            </details>
          )
        ) : null}
        {first && !tooLong ? (
          <a class="button" download href={address("/case.zip", { camera: [...cameras], start_us: from, end_us: to })} title={t("The video with a text of what it shows and hashes that prove it")}>
            {t("Zip to hand over")}
          </a>
        ) : null}
        {mayDecide ? (
          <>
            <button class="button" type="button" disabled={busy || !first} onClick={() => work(keep())}>
              <icons.Pin size={18} /> {t("Keep")}
            </button>
            <button class="button" type="button" aria-expanded={sharing} disabled={busy || !first || tooLong} onClick={() => setSharing(!sharing)}>
              <icons.Out size={18} /> {t("Share")}
            </button>
          </>
        ) : null}
        <button class="button is-plain is-round" type="button" aria-label={t("Let go of the selection")} onClick={onClose}>
          <icons.Close />
        </button>
      </div>
      {tooLong ? <p class="hint">{t("To export or share, choose two hours at most.")}</p> : null}
      {answer ? (
        <p class="hint" role="status">
          {answer}
        </p>
      ) : null}
      {sharing && mayDecide && !tooLong ? (
        share ? (
          <div class="tl-link">
            <p>
              {rich("Whoever has this link sees this footage until {time}, without an account. It opens only where this page can be reached.", { time: <strong>{momentName(share.expires_us, now_us)}</strong> })}
            </p>
            <div class="row">
              <input readOnly value={link} aria-label={t("The link")} onFocus={(event) => event.currentTarget.select()} />
              {navigator.clipboard ? (
                <button class="button" type="button" onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true), () => undefined)}>
                  {copied ? t("Copied") : t("Copy")}
                </button>
              ) : null}
            </div>
            <p class="hint">{t("It is shown this once. Settings lists the links that still open, and ends them.")}</p>
          </div>
        ) : (
          <div class="tl-link">
            <p>{t("A link that shows this footage, and nothing else of the house, to whoever has it. It opens for")}</p>
            <div class="row">
              <div class="segmented is-small" role="group" aria-label={t("The link opens for")}>
                {LASTS.map(([each, text]) => (
                  <button key={each} type="button" aria-pressed={lasts === each} onClick={() => setLasts(each)}>
                    {t(text)}
                  </button>
                ))}
              </div>
              <button class="button is-main" type="button" disabled={busy} onClick={() => work(makeLink())}>
                {t("Make the link")}
              </button>
            </div>
          </div>
        )
      ) : null}
      <Trouble error={error} />
    </section>
  );
}
