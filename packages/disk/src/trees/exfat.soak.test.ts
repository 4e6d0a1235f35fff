import { describeExfat } from "../testing/exfat.ts";

const of = /spelling|listed under|may replace|came to (be|its members) since|as it was|MOVE takes|COPY takes/;

describeExfat((name) => of.test(name));
