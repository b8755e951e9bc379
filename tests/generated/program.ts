/** What each program is given, and how it tells what it has seen. */

declare const process: { env: Record<string, string | undefined> };

export const baseUrl = process.env["BASE_URL"]!;
export const token = process.env["TOKEN"]!;

export interface Report {
  ids: string[];
  total: number;
  uninstalled: boolean | undefined;
  tier: string | null | undefined;
  restored: string | null | undefined;
  absent: string | undefined;
}

export function report(seen: Report): void {
  console.log(JSON.stringify(seen));
}
