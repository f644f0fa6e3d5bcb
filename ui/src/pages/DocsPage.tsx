/** The API's operations, read from the server's own OpenAPI document. */

import { Head, Trouble, useLoaded } from "../parts/bits";
import { t } from "../words";

interface Operation {
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: { type?: string; anyOf?: { type: string }[] } }[];
}
interface OpenApi {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
}

async function load(): Promise<OpenApi> {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new Error(t("The server answered {status}.", { status: answer.status }));
  return (await answer.json()) as OpenApi;
}

export function DocsPage() {
  const [found, error] = useLoaded(load, []);
  return (
    <div class="page is-narrow">
      <Head title="API">
        <a class="link" href="/api/openapi.json" download>
          openapi.json
        </a>
      </Head>
      <Trouble error={error} />
      <p class="dim">{(found?.info.description ?? "").split("`").map((part, index) => (index % 2 ? <code key={part}>{part}</code> : part))}</p>
      <ul class="operations">
        {Object.entries(found?.paths ?? {}).flatMap(([path, methods]) =>
          Object.entries(methods).map(([method, operation]) => (
            <li key={method + path}>
              <p>
                <span class={`tag is-${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
              </p>
              <p class="dim">{operation.description ?? operation.summary}</p>
              {operation.parameters?.length ? (
                <p class="hint">
                  {operation.parameters.map((each) => `${each.name}${each.required ? "" : "?"} (${each.in})`).join(", ")}
                </p>
              ) : null}
            </li>
          )),
        )}
      </ul>
    </div>
  );
}
