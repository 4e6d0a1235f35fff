/** Files that are dragged over the page can be dropped anywhere on it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { droppedFiles } from "./chosen-files.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface DropTargetProps {
  readonly queue: UploadQueue;
  /** The path of the folder that is shown. */
  path(): string;
}

/** Says so while they are over it. */
export function DropTarget({ queue, path }: DropTargetProps): JSX.Element | null {
  const { words } = usePage();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") === true;
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      // Of the window, not of something in it.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      const folder = path();
      void droppedFiles(event.dataTransfer.items).then((chosen) => queue.add(chosen, folder));
    };
    addEventListener("dragenter", enter);
    addEventListener("dragover", enter);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragover", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [queue, path]);
  if (!over) return null;
  return (
    <section class="drop" aria-label={words.upload}>
      <Icon name="upload" />
      <p>{words.dropHere}</p>
    </section>
  );
}
