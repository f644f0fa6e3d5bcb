/** Which cameras somebody sees: all, or those ticked. */

import { cameras } from "../store";
import { t } from "../words";

export function CameraRights({ value, onChange }: { value: string[] | null; onChange: (value: string[] | null) => void }) {
  const toggle = (id: string): void => {
    const now = value ?? [];
    onChange(now.includes(id) ? now.filter((each) => each !== id) : [...now, id]);
  };
  return (
    <fieldset class="rights">
      <legend>{t("Cameras")}</legend>
      <label class="tick">
        <input type="radio" name="cameras" checked={value === null} onChange={() => onChange(null)} /> {t("All, also those added later")}
      </label>
      <label class="tick">
        <input type="radio" name="cameras" checked={value !== null} onChange={() => onChange(value ?? [])} /> {t("Only these; any other does not exist for them")}
      </label>
      {value === null ? null : (
        <div class="rights-cameras">
          {cameras.value.map((camera) => (
            <label class="tick" key={camera.id}>
              <input type="checkbox" checked={value.includes(camera.id)} onChange={() => toggle(camera.id)} /> {camera.name}
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
