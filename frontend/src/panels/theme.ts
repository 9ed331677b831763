/** Colours that canvases draw with. The stylesheet holds all others. */

export interface Theme {
  readonly loss: string;
  readonly epochLoss: string;
  readonly validation: string;
  readonly rate: string;
  readonly row: string;
  readonly baseline: string;
  readonly grid: string;
  /** Okabe-Ito, told apart by the colour-blind. */
  readonly series: readonly string[];
}

const LIGHT: Theme = {
  loss: "#bf4a00",
  epochLoss: "#7a4a00",
  validation: "#1f5fc4",
  rate: "#6a6a6a",
  row: "#4b2e83",
  baseline: "rgba(31, 95, 196, .16)",
  grid: "rgba(0, 0, 0, .08)",
  series: ["#0072b2", "#b8570b", "#007a5a", "#a6447c", "#6b5d00", "#3d7ea6"],
};

const DARK: Theme = {
  loss: "#ff9a4d",
  epochLoss: "#e0c090",
  validation: "#7db3ff",
  rate: "#b0b0b0",
  row: "#c9b3ff",
  baseline: "rgba(125, 179, 255, .22)",
  grid: "rgba(255, 255, 255, .1)",
  series: ["#56b4e9", "#e69f00", "#2fc997", "#e58fc0", "#f0e442", "#9ec9e2"],
};

export const theme = (dark: boolean): Theme => (dark ? DARK : LIGHT);
