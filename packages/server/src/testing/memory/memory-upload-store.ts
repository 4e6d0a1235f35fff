import type { UploadStore } from "../../uploads/kept-uploads.ts";
import type { UploadRecord } from "../../uploads/upload-record.ts";

/** Records of uploads in memory. For tests. */
export function createMemoryUploadStore(): UploadStore {
  const records = new Map<string, UploadRecord>();
  return {
    records: {
      range: () => [...records].map(([key, value]) => ({ key, value })),
      put: (id, record) => void records.set(id, record),
      remove: (id) => void records.delete(id),
    },
    change: async (work) => work(),
  };
}
