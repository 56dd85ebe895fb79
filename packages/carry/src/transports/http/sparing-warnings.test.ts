import { FerryError } from "@siteferry/model";
import { expect, test } from "vitest";
import { SparingWarnings } from "./sparing-warnings.ts";

test("ten are said, of more how many they were and the last; then it begins anew", () => {
  const said: string[] = [];
  const warnings = new SparingWarnings(({ code, message }) => said.push(`${code} ${message}`));
  for (let round = 0; round < 2; round++) {
    for (let index = 1; index <= 13; index++) {
      warnings.add(new FerryError("login-refused", `stranger ${index}`));
    }
    expect(said).toHaveLength(10);
    warnings.lookBack();
    const last = "login-refused 3 more warnings were left out, the last: stranger 13";
    expect(said.splice(0).slice(9)).toEqual(["login-refused stranger 10", last]);
    warnings.lookBack();
    expect(said).toEqual([]);
  }
});
