/** Folders and files of this machine, to a WebDAV server and back. For Node only. */
export {
  type DocumentDownloadOptions,
  downloadDocument,
  type ReceivedDocument,
} from "./folder/download-document.ts";
export { downloadFolder } from "./folder/download-folder.ts";
export type { FolderOptions, LocalOptions, SyncOptions } from "./folder/folder-options.ts";
export type { FileSystem, FolderSurroundings } from "./folder/folder-surroundings.ts";
export {
  FolderError,
  type FolderProgress,
  type FolderStep,
  type FolderSummary,
  type FolderWork,
  MemberError,
  type MemberFailure,
  type MemberProblemCode,
} from "./folder/folder-work.ts";
export { syncFolder } from "./folder/sync-folder.ts";
export { type DocumentUploadOptions, uploadDocument } from "./folder/upload-document.ts";
export { uploadFolder } from "./folder/upload-folder.ts";
