/** Folders and files of this machine, to a WebDAV server and back. For Node only. */
export {
  type DocumentDownloadOptions,
  downloadDocument,
  type ReceivedDocument,
} from "./documents/download-document.ts";
export { type DocumentUploadOptions, uploadDocument } from "./documents/upload-document.ts";
export { downloadFolder } from "./folders/download-folder.ts";
export type { FolderOptions, LocalOptions, SyncOptions } from "./folders/folder-options.ts";
export {
  FolderError,
  type FolderProgress,
  type FolderStep,
  type FolderSummary,
  type FolderWork,
  MemberError,
  type MemberFailure,
  type MemberProblemCode,
} from "./folders/folder-work.ts";
export { syncFolder } from "./folders/sync-folder.ts";
export { uploadFolder } from "./folders/upload-folder.ts";
export type { FileSystem, FolderSurroundings } from "./local/folder-surroundings.ts";
