// What the device keeps, encrypted at rest: AES-GCM under a key that lives in IndexedDB and can't be taken out of it.
const NAME = "smarttpe";
const STORES = ["keys", "sealed"];

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Vault {
  static async open() {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    const vault = new Vault();
    vault.database = await promised(request);
    vault.key = await vault.#ownKey();
    return vault;
  }

  #store(name, mode) {
    return this.database.transaction(name, mode).objectStore(name);
  }

  async #ownKey() {
    const known = await promised(this.#store("keys", "readonly").get("aes"));
    if (known) return known;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await promised(this.#store("keys", "readwrite").put(made, "aes"));
    return made;
  }

  async put(name, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(name);
    const clear = new TextEncoder().encode(JSON.stringify(value));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, this.key, clear);
    await promised(this.#store("sealed", "readwrite").put({ iv, sealed }, name));
  }

  async get(name) {
    const kept = await promised(this.#store("sealed", "readonly").get(name));
    if (!kept) return null;
    const additionalData = new TextEncoder().encode(name);
    const clear = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv, additionalData }, this.key, kept.sealed);
    return JSON.parse(new TextDecoder().decode(clear));
  }

  async remove(name) {
    await promised(this.#store("sealed", "readwrite").delete(name));
  }

  async names(prefix) {
    const names = await promised(this.#store("sealed", "readonly").getAllKeys());
    return names.filter((name) => name.startsWith(prefix));
  }
}
