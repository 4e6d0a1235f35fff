/** What can be done: here, and with what is selected. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Changes } from "../changes/changes.ts";
import { Icon, type IconName } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { useStore } from "../store.ts";
import { chosenFiles } from "../upload/chosen-files.ts";
import type { UploadQueue } from "../upload/upload-queue.ts";
import type { FolderStore } from "./folder-store.ts";

export interface ToolbarProps {
  readonly folder: FolderStore;
  readonly changes: Changes;
  readonly queue: UploadQueue;
}

/** With a selection it has what is done to that, else what is done to the folder. */
export function Toolbar({ folder, changes, queue }: ToolbarProps): JSX.Element {
  useStore(folder);
  const { words } = usePage();
  const { selection, mayChange } = folder;
  const [first] = selection;
  // What takes a member away changes the folder, too.
  const mayTake = mayChange === true && selection.every((row) => row.mayChange);
  return (
    <div class="toolbar" role="toolbar" aria-label={words.tools}>
      {first === undefined && mayChange === false ? (
        <span class="read-only">
          <Icon name="lock" />
          {words.readOnly}
        </span>
      ) : first === undefined && mayChange === undefined ? null : first === undefined ? (
        <>
          <UploadButtons folder={folder} queue={queue} />
          <Tool icon="newFolder" text={words.newFolder} kind="" act={() => void changes.createFolder()} />
        </>
      ) : (
        <>
          <Tool icon="copy" text={words.copy} act={() => void changes.transfer("copy", selection)} />
          {mayTake ? (
            <Tool icon="move" text={words.move} act={() => void changes.transfer("move", selection)} />
          ) : null}
          {mayTake && selection.length === 1 ? (
            <Tool icon="rename" text={words.rename} act={() => void changes.rename(first)} />
          ) : null}
          {selection.every(({ collection }) => !collection) ? (
            <Tool
              icon="download"
              text={words.download}
              act={() => download(selection.map(({ href }) => href))}
            />
          ) : null}
          {selection.length === 1 ? <CopyLink href={first.href} /> : null}
          {mayTake ? (
            <Tool icon="trash" text={words.delete} danger act={() => void changes.remove(selection)} />
          ) : null}
          <span class="chosen-count">
            <span>{words.selected(selection.length)}</span>
            <button
              type="button"
              class="button plain bare"
              aria-label={words.selectNone}
              title={words.selectNone}
              onClick={() => folder.selectAll(false)}
            >
              <Icon name="close" />
            </button>
          </span>
        </>
      )}
    </div>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly text: string;
  readonly danger?: boolean;
  readonly main?: boolean;
  /** "wide": not on phones, which have no folders to choose; "short": a picture alone there. */
  readonly kind?: "wide" | "short" | "";
  act(): void;
}

function Tool({ icon, text, danger = false, main = false, kind = "short", act }: ToolProps): JSX.Element {
  return (
    <button
      type="button"
      class={`button tool${danger ? " dangerous" : ""}${main ? " main" : ""} ${kind}`}
      title={text}
      onClick={act}
    >
      <Icon name={icon} />
      <span>{text}</span>
    </button>
  );
}

function UploadButtons({
  folder,
  queue,
}: {
  readonly folder: FolderStore;
  readonly queue: UploadQueue;
}): JSX.Element {
  const { words } = usePage();
  const [files, wholeFolder] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const take = (input: HTMLInputElement): void => {
    void queue.add(chosenFiles(input.files ?? []), folder.path);
    // The same ones can be chosen again.
    input.value = "";
  };
  return (
    <>
      <Tool icon="upload" text={words.upload} main kind="" act={() => files.current?.click()} />
      <Tool icon="upload" text={words.uploadFolder} kind="wide" act={() => wholeFolder.current?.click()} />
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={words.upload}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <input
        ref={(input: HTMLInputElement | null) => {
          wholeFolder.current = input;
          if (input !== null) input.webkitdirectory = true;
        }}
        type="file"
        hidden
        aria-label={words.uploadFolder}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
    </>
  );
}

function CopyLink({ href }: { readonly href: string }): JSX.Element | null {
  const { words } = usePage();
  const [copied, setCopied] = useState(false);
  // Browsers let pages do so over TLS and on this machine only.
  if (navigator.clipboard === undefined) return null;
  return (
    <Tool
      icon={copied ? "check" : "link"}
      text={copied ? words.linkCopied : words.copyLink}
      act={() => {
        void navigator.clipboard.writeText(new URL(href, location.href).href).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), 2_000);
        });
      }}
    />
  );
}

/** Browsers ask once whether a page may save several files. */
function download(paths: readonly string[]): void {
  for (const path of paths) {
    const link = document.createElement("a");
    link.href = path;
    link.download = "";
    link.click();
  }
}
