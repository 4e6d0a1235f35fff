/** As much of JSON Schema (2020-12) as the published schema uses; what it does not know it refuses. */

export type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with a value, each with its place; nothing where it is valid. */
export function schemaErrors(
  value: unknown,
  schema: Schema,
  root: Schema = schema,
  at = "$",
): readonly string[] {
  const errors: string[] = [];
  const wrong = (what: string): void => {
    errors.push(`${at}: ${what}`);
  };
  for (const [keyword, wanted] of Object.entries(schema)) {
    switch (keyword) {
      case "$schema":
      case "$id":
      case "$defs":
      case "title":
      case "description":
        break;
      case "$ref":
        errors.push(...schemaErrors(value, definition(root, String(wanted)), root, at));
        break;
      case "type":
        if (typeOf(value) !== wanted && !(wanted === "number" && typeOf(value) === "integer")) {
          wrong(`is not of type ${String(wanted)}`);
        }
        break;
      case "const":
        if (value !== wanted) wrong(`is not ${String(wanted)}`);
        break;
      case "enum":
        if (!(wanted as readonly unknown[]).includes(value)) wrong("is none of the values");
        break;
      case "required":
        for (const name of wanted as readonly string[]) if (!(name in Object(value))) wrong(`has no ${name}`);
        break;
      case "properties":
        for (const [name, inner] of Object.entries(wanted as Record<string, Schema>)) {
          const own = Object(value) as Record<string, unknown>;
          if (name in own) errors.push(...schemaErrors(own[name], inner, root, `${at}.${name}`));
        }
        break;
      case "items":
        for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
          errors.push(...schemaErrors(item, wanted as Schema, root, `${at}[${index}]`));
        }
        break;
      case "maxItems":
        if (Array.isArray(value) && value.length > Number(wanted)) wrong("has too many items");
        break;
      case "pattern":
        if (!new RegExp(String(wanted), "u").test(String(value))) wrong("does not match");
        break;
      case "maxLength":
        if (String(value).length > Number(wanted)) wrong("is too long");
        break;
      case "minimum":
        if (!(Number(value) >= Number(wanted))) wrong("is too small");
        break;
      case "maximum":
        if (!(Number(value) <= Number(wanted))) wrong("is too large");
        break;
      case "format":
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(String(value))) wrong("is no time");
        break;
      default:
        throw new Error(`the keyword ${keyword} is not known here`);
    }
  }
  return errors;
}

export function definition(root: Schema, reference: string): Schema {
  const name = /^#\/\$defs\/(\w+)$/.exec(reference)?.[1] ?? "";
  const found = (root["$defs"] as Readonly<Record<string, Schema>> | undefined)?.[name];
  if (!found) throw new Error(`${reference} leads nowhere`);
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
