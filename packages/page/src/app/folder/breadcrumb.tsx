/** The way to the folder. */
import type { JSX } from "preact";
import { Icon } from "../icons.tsx";
import { isPlainClick, stepsTo } from "../navigation.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { useDrop } from "./dragging.ts";
import type { GridCommands } from "./list/grid-keys.ts";

export interface BreadcrumbProps {
  readonly path: string;
  /** What is dropped on a folder goes there. */
  readonly move: GridCommands["move"];
}

/** All folders from the root to this one; the last is the heading of the page. */
export function Breadcrumb({ path, move }: BreadcrumbProps): JSX.Element {
  const { settings, words } = usePage();
  const steps = stepsTo(path, settings.root);
  return (
    <nav class="breadcrumb" aria-label={words.path}>
      <ol>
        <Step name={words.home} path={settings.root} move={move} isHome isLast={steps.length === 0} />
        {steps.map((step, index) => (
          <Step key={step.path} {...step} move={move} isLast={index === steps.length - 1} />
        ))}
      </ol>
    </nav>
  );
}

interface StepProps {
  readonly name: string;
  readonly path: string;
  readonly move: GridCommands["move"];
  readonly isHome?: boolean;
  readonly isLast: boolean;
}

function Step({ name, path, move, isHome = false, isLast }: StepProps): JSX.Element {
  const { go } = usePage();
  const drop = useDrop(path, move);
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
          class={drop.class}
          onDragOver={drop.onDragOver}
          onDragLeave={drop.onDragLeave}
          onDrop={drop.onDrop}
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
