/** The XML of RFC 4918: its elements, read and written. Pure: no node:* and no I/O. */
export { activeLock, lockDiscovery, lockDocument, supportedLock } from "./elements/active-lock.ts";
export { DocumentError } from "./elements/document-error.ts";
export { conditionElement, errorDocument, messageNamespace } from "./elements/error-document.ts";
export { type LockInfo, ownerLimit, parseLockInfo } from "./elements/lockinfo.ts";
export { type ExtendedMkcol, mkcolResponse, parseExtendedMkcol } from "./elements/mkcol.ts";
export {
  multistatus,
  multistatusEnd,
  multistatusStart,
  type Propstat,
  propertyElement,
  propertyResponse,
  propstatElement,
  propstatEnd,
  propstatStart,
  statusResponse,
  writtenResponse,
} from "./elements/multistatus.ts";
export {
  MultistatusReader,
  type MultistatusResponse,
  parseStatusLine,
  type ReceivedCondition,
  type ReceivedPropstat,
  readCondition,
  unreadStatus,
  type XmlStreamLimits,
} from "./elements/multistatus-reader.ts";
export { type PropfindRequest, parsePropfind, propfindNameLimit } from "./elements/propfind.ts";
export { parsePropertyUpdate, propertiesOf, propertyChangeLimit, setting } from "./elements/proppatch.ts";
export {
  childrenNamed,
  davName,
  defaultXmlLimits,
  type ElementLimits,
  isNamed,
  parseXml,
  type XmlAttribute,
  type XmlElement,
  type XmlLimits,
} from "./xml/xml-reader.ts";
export { escapeAttribute, escapeText, xmlDeclaration } from "./xml/xml-text.ts";
