/** Answers of the routes, as JSON, for tests. */
import { decodeSeries } from "../src/api/decode";
import type { SeriesValues } from "../src/api/types";

export function encodeFloat32(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

export type Json = Record<string, unknown>;

export const summaryJson = (changes: Json = {}): Json => ({
  run: "a/b",
  status: "finished",
  epochs: 20,
  steps: 1500,
  last_wall_time: 1000,
  revision: "r1",
  judgement: "current",
  severity: "critical",
  first_onset: { kind: "exploding_gradient", epoch: 9, step: 676, row: "lstm" },
  learning_rate: 0.01,
  notes: [],
  ...changes,
});

export const onsetJson = (changes: Json = {}): Json => ({
  kind: "exploding_gradient",
  title: "Exploding gradient",
  severity: "critical",
  epoch: 9,
  step: 676,
  row: "lstm",
  message: "It exploded.",
  evidence: {
    tag: "stability/gradient_norm",
    value: "Infinity",
    baseline: null,
    patience: 5,
    windows: [1, 2],
  },
  remedies: [{ text: "Clip.", code: "Adam(clipnorm=1)" }],
  cause: null,
  ...changes,
});

export const infoJson = (changes: Json = {}): Json => ({
  tag: "stability/gradient_norm",
  quantity: "gradient_norm",
  row_group: "",
  title: "Gradient norm",
  description: "",
  row_kind: "layer",
  rows: ["a", "b"],
  statistics: ["mean"],
  unit: "",
  view: "heatmap",
  scale: "log",
  windows: 3,
  ...changes,
});

export const runJson = (changes: Json = {}): Json => ({
  ...summaryJson(),
  record: null,
  series: [infoJson()],
  onsets: [onsetJson()],
  ...changes,
});

/** Windows of ten steps, four an epoch, a second each. */
export function seriesJson(
  rows: readonly string[],
  mean: readonly (readonly number[])[],
  more: Readonly<Record<string, readonly (readonly number[])[]>> = {},
): Json {
  const columns = mean[0]?.length ?? 0;
  const each = (value: (i: number) => number) =>
    Array.from({ length: columns }, (_, i) => value(i));
  const statistics: Json = { mean: encodeFloat32(mean.flat()) };
  for (const [name, values] of Object.entries(more))
    statistics[name] = encodeFloat32(values.flat());
  return {
    run: "a/b",
    tag: "stability/gradient_norm",
    revision: "r1",
    rows,
    windows: columns,
    columns,
    x: {
      first_step: each((i) => 10 * i + 1),
      last_step: each((i) => 10 * i + 10),
      epoch_start: each((i) => i / 4),
      epoch_end: each((i) => (i + 1) / 4),
      wall_time: each((i) => 1000 + i),
    },
    statistics,
  };
}

export const seriesValues = (...of: Parameters<typeof seriesJson>): SeriesValues =>
  decodeSeries(seriesJson(...of));
