/** The way to the folder. */
import type { JSX } from "preact";
import { Icon } from "../icons.tsx";
import { isPlainClick, stepsTo } from "../navigation.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";

/** All folders from the root to this one; the last is the heading of the page. */
export function Breadcrumb({ path }: { readonly path: string }): JSX.Element {
  const { settings, words } = usePage();
  const steps = stepsTo(path, settings.root);
  return (
    <nav class="breadcrumb" aria-label={words.path}>
      <ol>
        <Step name={words.home} path={settings.root} isHome isLast={steps.length === 0} />
        {steps.map((step, index) => (
          <Step key={step.path} {...step} isLast={index === steps.length - 1} />
        ))}
      </ol>
    </nav>
  );
}

interface StepProps {
  readonly name: string;
  readonly path: string;
  readonly isHome?: boolean;
  readonly isLast: boolean;
}

function Step({ name, path, isHome = false, isLast }: StepProps): JSX.Element {
  const { go } = usePage();
  const label = isHome ? (
    <>
      <Icon name="home" />
      <span class={isLast ? "" : "hidden"}>{name}</span>
    </>
  ) : (
    <bdi>{safeText(name)}</bdi>
  );
  return (
    <li>
      {isHome ? null : <Icon name="chevron" class="between" />}
      {isLast ? (
        <h1 aria-current="page">{label}</h1>
      ) : (
        <a
          href={path}
          onClick={(event) => {
            if (!isPlainClick(event)) return;
            event.preventDefault();
            go(path);
          }}
        >
          {label}
        </a>
      )}
    </li>
  );
}
