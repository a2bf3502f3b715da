/** A React hook around ChatClient. */
import { useEffect, useMemo, useSyncExternalStore } from "react";

import { ChatClient } from "./lib/chat-client.js";
import { ChatView } from "./view.js";

/**
 * Keeps a connection while the component is mounted.
 *
 * @param options those of ChatClient; the ones of the first call count.
 */
export function useChat(options) {
  const view = useMemo(() => new ChatView(new ChatClient(options)), []);
  useEffect(() => {
    view.client.connect();
    return () => view.client.close();
  }, [view]);
  return { ...useSyncExternalStore(view.subscribe, view.read, view.read), client: view.client };
}
