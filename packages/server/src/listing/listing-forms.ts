/** What a listing offers to those who may change the collection: to upload files, and to make a folder, without script. */
import { htmlText } from "@meanwhile/middleware/internal";
import { folderField } from "../forms/serve-form.ts";

/** @param action leads to the collection */
export function listingForms(action: string): string {
  const form = `<form method="post" enctype="multipart/form-data" action="${htmlText(action)}">`;
  return `<div class="forms">
${form}<label>Upload files <input type="file" name="file" multiple="" required=""/></label> <button>Upload</button></form>
${form}<label>New folder <input name="${folderField}" required="" autocomplete="off" spellcheck="false"/></label> <button>Make</button></form>
</div>
`;
}
