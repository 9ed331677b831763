/**
 * TensorBoard around the page, where there is one.
 *
 * Messages go through a MessageChannel that the page opens with `experimental.bootstrap`; each is
 * JSON {type, id, payload, error, isReply}. The host offers no way to *set* a deep link and says
 * nothing of its theme, but the iframe is same-origin: both are read from window.parent, and the
 * page also stands alone when that is impossible.
 */
import { PREFIX, readHash, tabOf, writeHash, type Parameters } from "./url";

interface Message {
  readonly type: string;
  readonly id: number;
  readonly payload?: unknown;
  readonly error?: unknown;
  readonly isReply: boolean;
}

export interface HostEvents {
  dataReloaded(): void;
  runsChanged(): void;
  themeChanged(dark: boolean): void;
  /** Somebody edited the URL, or went back. */
  linkChanged(parameters: Parameters): void;
}

/** What lies around the page, whatever it is: where its link is kept, and its theme. */
export interface Surroundings {
  link(): Promise<Parameters>;
  writeLink(parameters: Parameters): void;
  runFilter(): RegExp | null;
  isDark(): boolean;
}

const PLUGIN = "stability";
const REPLY_TIMEOUT_MS = 800;

/** The host's window when it may be touched, else the page's own. */
function outerWindow(): Window {
  try {
    // Throws where the parent is of another origin.
    return typeof window.parent.location.hash === "string" ? window.parent : window;
  } catch {
    return window;
  }
}

export class Host implements Surroundings {
  private readonly outer = outerWindow();
  private readonly port: MessagePort | null;
  private readonly waiting = new Map<number, (payload: unknown) => void>();
  private readonly isFramed = window.parent !== window;
  private nextId = 0;
  private written = "";

  constructor(private readonly events: HostEvents) {
    this.port = this.isFramed ? this.connect() : null;
    this.watchTheme();
    this.outer.addEventListener("hashchange", () => {
      const hash = this.outer.location.hash;
      const parameters = readHash(hash);
      // Without keys of ours somebody opened the tab, not a link: what is shown stays.
      if (hash !== this.written && Object.keys(parameters).length)
        this.events.linkChanged(parameters);
    });
  }

  private connect(): MessagePort {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event: MessageEvent<string>) => {
      this.receive(JSON.parse(event.data) as Message);
    };
    window.parent.postMessage("experimental.bootstrap", "*", [channel.port2]);
    return channel.port1;
  }

  private receive(message: Message): void {
    if (message.isReply) {
      this.waiting.get(message.id)?.(message.error ? null : message.payload);
      this.waiting.delete(message.id);
      return;
    }
    const reply = { type: message.type, id: message.id, payload: null, error: null, isReply: true };
    this.port?.postMessage(JSON.stringify(reply));
    if (message.type === "experimental.DataReloaded") this.events.dataReloaded();
    if (message.type === "experimental.RunsChanged") this.events.runsChanged();
  }

  /** The host's answer; null where there is no host, or none that answers. */
  private ask(type: string, payload: unknown): Promise<unknown> {
    const { port } = this;
    if (!port) return Promise.resolve(null);
    const id = this.nextId++;
    port.postMessage(JSON.stringify({ type, id, payload, error: null, isReply: false }));
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      setTimeout(() => {
        if (this.waiting.delete(id)) resolve(null);
      }, REPLY_TIMEOUT_MS);
    });
  }

  /** What the link that opened the page says. */
  async link(): Promise<Parameters> {
    const own = readHash(this.outer.location.hash);
    if (Object.keys(own).length || !this.isFramed) return own;
    const answer = await this.ask("experimental.GetURLPluginData", { pluginName: PLUGIN });
    return typeof answer === "object" && answer !== null ? (answer as Parameters) : {};
  }

  /**
   * TensorBoard's run filter: a regular expression in its URL. (experimental.GetRuns does not help:
   * TensorBoard 2.21 answers with every run of the logdir whatever is filtered or ticked, and its
   * list is older than the plugin's own while data are being reloaded.)
   */
  runFilter(): RegExp | null {
    const pattern = new URLSearchParams(this.outer.location.search).get("runFilter");
    if (!pattern) return null;
    try {
      return new RegExp(pattern);
    } catch {
      return null;
    }
  }

  writeLink(parameters: Parameters): void {
    const before = this.outer.location.hash;
    if (!this.isOurTab(before)) return;
    const hash = writeHash(this.isFramed && !tabOf(before) ? `#${PLUGIN}` : before, parameters);
    if (hash === before) return;
    this.written = hash;
    // The whole URL, since the page's <base> must not be resolved against.
    const url = this.outer.location.href.replace(/#.*$/, "") + (hash === "#" ? "" : hash);
    this.outer.history.replaceState(this.outer.history.state, "", url);
  }

  /** The hash belongs to the tab that is open, which need not be ours. */
  private isOurTab(hash: string): boolean {
    const tab = tabOf(hash);
    return tab === "" || tab === PLUGIN || hash.includes(PREFIX);
  }

  private watchTheme(): void {
    if (this.outer === window || !this.isFramed) {
      const query = window.matchMedia("(prefers-color-scheme: dark)");
      query.addEventListener("change", () => {
        this.events.themeChanged(query.matches);
      });
      return;
    }
    new MutationObserver(() => {
      this.events.themeChanged(this.isDark());
    }).observe(this.outer.document.body, { attributes: true, attributeFilter: ["class"] });
  }

  isDark(): boolean {
    if (this.outer !== window && this.isFramed)
      return this.outer.document.body.classList.contains("dark-mode");
    return window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
}
