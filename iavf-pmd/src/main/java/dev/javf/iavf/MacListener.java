package dev.javf.iavf;

import dev.javf.packet.MacAddress;

/** Told once what has become of a request about a MAC filter. */
public interface MacListener {
    /**
     * The PF has answered for the address.
     *
     * @param address the address.
     * @param installed whether the PF now delivers frames for it.
     * @param reason empty, or why the PF refuses and what to do.
     */
    void onSettled(MacAddress address, boolean installed, String reason);
}
