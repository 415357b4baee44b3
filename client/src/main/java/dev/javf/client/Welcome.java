package dev.javf.client;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import java.util.HashMap;
import java.util.Map;

/**
 * What the daemon tells a client that it lets in: {@code welcome 2 name=app mac=... vlan=0 ...}.
 *
 * @param name of the port.
 * @param mac the port's address.
 * @param vlan an access port's VLAN; 0 for a trunk and for untagged packets.
 * @param trunk the VLANs that the client may ask for.
 * @param queues that the client has: pairs of rings.
 * @param slots of each ring, a power of 2.
 * @param strideBytes from one buffer to the next.
 * @param headroomBytes before a packet that the client sends.
 * @param capacityBytes longest packet.
 * @param isZeroCopy whether the buffers are those of the function.
 * @param isLinkUp whether the function's link is there.
 */
public record Welcome(
        String name,
        MacAddress mac,
        int vlan,
        VlanSet trunk,
        int queues,
        int slots,
        int strideBytes,
        int headroomBytes,
        int capacityBytes,
        boolean isZeroCopy,
        boolean isLinkUp) {
    private static final String FIRST = "welcome " + RingLayout.VERSION;

    /** The message. */
    @Override
    public String toString() {
        return FIRST
                + " name="
                + name
                + " mac="
                + mac
                + " vlan="
                + vlan
                + " trunk="
                + (trunk.isEmpty() ? "none" : trunk)
                + " queues="
                + queues
                + " slots="
                + slots
                + " stride="
                + strideBytes
                + " headroom="
                + headroomBytes
                + " capacity="
                + capacityBytes
                + " mode="
                + (isZeroCopy ? "zero-copy" : "copy")
                + " link="
                + (isLinkUp ? "up" : "down");
    }

    /**
     * Reads the message.
     *
     * @throws JavfPortException if it is another one.
     */
    static Welcome parse(final String text) {
        if (!text.startsWith(FIRST + " ")) {
            throw new JavfPortException(
                    "this is no javfd that this client understands: it says '" + text + "'");
        }
        final Map<String, String> values = new HashMap<>();
        for (final String word : text.substring(FIRST.length() + 1).split(" ", -1)) {
            final int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        final String trunk = values.getOrDefault("trunk", "none");
        try {
            return new Welcome(
                    values.getOrDefault("name", ""),
                    MacAddress.of(values.getOrDefault("mac", "")),
                    number(values, "vlan"),
                    trunk.equals("none") ? VlanSet.EMPTY : VlanSet.parse(trunk),
                    number(values, "queues"),
                    number(values, "slots"),
                    number(values, "stride"),
                    number(values, "headroom"),
                    number(values, "capacity"),
                    "zero-copy".equals(values.get("mode")),
                    "up".equals(values.get("link")));
        } catch (final IllegalArgumentException e) {
            throw new JavfPortException("javfd's message can't be understood: " + text, e);
        }
    }

    private static int number(final Map<String, String> values, final String key) {
        return Integer.parseInt(values.getOrDefault(key, ""));
    }
}
