package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.RssHashConfig;
import dev.javf.virtchnl.RssHashFunction;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
import dev.javf.virtchnl.VfResources;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * Receive-side scaling: which queue a flow's packets arrive in. A hash over a packet's addresses
 * and ports picks an entry of a table, and the entry names the queue. Requests return at once and
 * hold across resets; what the PF doesn't do is one of {@link VirtualFunction#differences}.
 *
 * <p>The PF's own table covers all queue pairs that it gave the VF; one that uses fewer has to say
 * so, or packets go to queues that nobody polls. So a key and a table are always set. The key that
 * is used unless another is asked for is the same in every run and after every reset, so that a
 * flow stays with its queue. It repeats two bytes, which makes the hash symmetric: both directions
 * of a connection arrive in the same queue ("Scalable TCP Session Monitoring with Symmetric
 * Receive-side Scaling", Woo and Park 2012).
 *
 * <p>For the conductor thread.
 */
public final class ReceiveSideScaling {
    /** Bytes of a key that every PF of the 700 and E800 series takes. */
    public static final int KEY_BYTES = 52;

    private static final byte[] KEY_PATTERN = {0x6D, 0x5A};
    private static final String REMEDY = "see the PF's kernel log";

    private final QueueShaping shaping;
    private final Setting keySetting;
    private final Setting tableSetting;
    private final Setting functionSetting;
    private final Setting packetTypesSetting;
    private @Nullable Negotiated negotiated;
    private byte @Nullable [] key;
    private int[] table = {};
    private @Nullable HashFunction function;
    private @Nullable Long packetTypes;
    private int queuePairs = 1;

    /** How the hash is computed. */
    public enum HashFunction {
        /** Toeplitz; what a PF uses unless told otherwise. */
        TOEPLITZ(RssHashFunction.TOEPLITZ),
        /** Toeplitz over fields that are the same for both directions of a connection. */
        TOEPLITZ_SYMMETRIC(RssHashFunction.TOEPLITZ_SYMMETRIC),
        /** Exclusive or, the same for both directions; an ice PF takes it for TOEPLITZ. */
        XOR_SYMMETRIC(RssHashFunction.XOR_SYMMETRIC);

        private final int algorithm;

        HashFunction(final int algorithm) {
            this.algorithm = algorithm;
        }
    }

    ReceiveSideScaling(final Settings settings, final QueueShaping shaping) {
        this.shaping = shaping;
        keySetting = settings.make(Opcode.CONFIG_RSS_KEY, Difference.Item.RSS_KEY, REMEDY);
        tableSetting = settings.make(Opcode.CONFIG_RSS_LUT, Difference.Item.RSS_TABLE, REMEDY);
        functionSetting =
                settings.make(Opcode.CONFIG_RSS_HFUNC, Difference.Item.RSS_FUNCTION, REMEDY);
        packetTypesSetting =
                settings.make(Opcode.SET_RSS_HASHCFG, Difference.Item.RSS_PACKET_TYPES, REMEDY);
    }

    /**
     * Wants a key.
     *
     * @param newKey {@link #KEY_BYTES} bytes, or as many as the PF has said; none for javf's own.
     * @throws IllegalArgumentException for any other length.
     */
    public void key(final byte... newKey) {
        final int bytes = keyBytes();
        if (newKey.length != 0 && newKey.length != bytes) {
            throw new IllegalArgumentException(
                    "RSS key of " + newKey.length + " bytes: the PF takes exactly " + bytes);
        }
        key = newKey.length == 0 ? null : newKey.clone();
        ask();
    }

    /** The key that is wanted, a copy. */
    public byte[] wantedKey() {
        return usedKey(keyBytes());
    }

    private int keyBytes() {
        final Negotiated granted = negotiated;
        return granted == null || !isSane(granted.resources().rssKeyBytes(), RssKey.MAX_ELEMENTS)
                ? KEY_BYTES
                : granted.resources().rssKeyBytes();
    }

    private byte[] usedKey(final int bytes) {
        if (key != null && key.length == bytes) {
            return key.clone();
        }
        final byte[] own = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            own[i] = KEY_PATTERN[i % KEY_PATTERN.length];
        }
        return own;
    }

    /**
     * Wants a table.
     *
     * @param queues which queue each entry names, 0 to one less than the queue pairs asked for; as
     *     many as the PF's table has entries (64 for an ice PF), or fewer, which are then repeated;
     *     none for all queues in turn. A queue that the VF doesn't have in the end is replaced by
     *     one that it has.
     * @throws IllegalArgumentException for a queue that isn't asked for, or too many entries.
     */
    public void table(final int... queues) {
        if (queues.length > RssLut.MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "RSS table of "
                            + queues.length
                            + " entries: a message holds "
                            + RssLut.MAX_ELEMENTS);
        }
        for (final int queue : queues) {
            if (queue < 0 || queue >= shaping.pairsWanted()) {
                throw new IllegalArgumentException(
                        "RSS table with queue "
                                + queue
                                + ": the VF is asked for "
                                + shaping.pairsWanted()
                                + " queue pairs, which are 0 to "
                                + (shaping.pairsWanted() - 1)
                                + "; ask for more queue pairs first");
            }
        }
        table = queues.clone();
        ask();
    }

    /** The table that is wanted, a copy; empty for all queues in turn. */
    public int[] wantedTable() {
        return table.clone();
    }

    /**
     * Wants a hash function. Older PFs know no such request and refuse it.
     *
     * @param newFunction which.
     */
    public void hashFunction(final HashFunction newFunction) {
        function = newFunction;
        ask();
    }

    /** The hash function that is wanted. */
    public HashFunction wantedHashFunction() {
        return function == null ? HashFunction.TOEPLITZ : function;
    }

    /**
     * Wants packet types hashed; all others go to the queue of hash 0.
     *
     * @param types bit t set: packets of type t are hashed; virtchnl.h has the numbers. {@link
     *     RssHashConfig#DEFAULT_PACKET_TYPES} is what an ice PF hashes by itself.
     */
    public void packetTypes(final long types) {
        packetTypes = types;
        ask();
    }

    /** The packet types that are wanted hashed. */
    public long wantedPacketTypes() {
        return packetTypes == null ? RssHashConfig.DEFAULT_PACKET_TYPES : packetTypes;
    }

    void reset() {
        negotiated = null;
    }

    /** The PF has said what it offers since the last reset. */
    void begin(final Negotiated granted) {
        negotiated = granted;
        if (granted.has(Capability.RSS_PF)) {
            functionSetting.initially(function(granted, HashFunction.TOEPLITZ));
        }
        ask();
    }

    /** As many queues are in use from now on. */
    void queuePairs(final int pairs) {
        queuePairs = pairs;
        ask();
    }

    /** Whether packets go to queues that are in use, as far as the PF lets itself be told. */
    boolean isTableSettled() {
        return tableSetting.isSettled();
    }

    private void ask() {
        final Negotiated granted = negotiated;
        if (granted == null) {
            return;
        }
        if (!granted.has(Capability.RSS_PF)) {
            sayUnavailable();
            return;
        }
        final VfResources resources = granted.resources();
        // Sizes that no message has room for are not believed.
        if (isSane(resources.rssKeyBytes(), RssKey.MAX_ELEMENTS)) {
            askKey(granted);
        }
        if (isSane(resources.rssLutEntries(), RssLut.MAX_ELEMENTS)) {
            askTable(granted);
        }
        if (function != null) {
            functionSetting.want(function(granted, function));
        }
        if (packetTypes != null) {
            packetTypesSetting.want(
                    wish(new RssHashConfig(packetTypes), "0x" + Long.toHexString(packetTypes)));
        }
    }

    private void sayUnavailable() {
        final String why = "the PF doesn't offer RSS_PF";
        say(keySetting, key != null, "a key", why);
        say(tableSetting, table.length > 0, "a table", why);
        say(functionSetting, function != null, String.valueOf(function), why);
        say(packetTypesSetting, packetTypes != null, "packet types", why);
    }

    private static void say(
            final Setting setting, final boolean wanted, final String text, final String why) {
        if (wanted) {
            setting.unavailable(text, why);
        } else {
            setting.wantNothing();
        }
    }

    private void askKey(final Negotiated granted) {
        final int bytes = granted.resources().rssKeyBytes();
        keySetting.want(
                wish(
                        new RssKey(granted.vsi().vsiId(), usedKey(bytes)),
                        key == null ? "javf's key" : "the key asked for"));
        if (key != null && key.length != bytes) {
            keySetting.unavailable(
                    "a key of " + key.length + " bytes", "the PF now takes " + bytes + " bytes");
        }
    }

    private void askTable(final Negotiated granted) {
        final byte[] entries = new byte[granted.resources().rssLutEntries()];
        final int queues = Math.min(queuePairs, granted.rssQueues());
        boolean replaced = false;
        for (int i = 0; i < entries.length; i++) {
            final int queue = table.length == 0 ? i : table[i % table.length];
            entries[i] = (byte) (queue % queues);
            replaced |= table.length > 0 && queue >= queues;
        }
        final String text =
                table.length == 0 ? queuePairs + " queues in turn" : Arrays.toString(table);
        tableSetting.doubt(doubt(replaced, queues, entries.length));
        tableSetting.want(wish(new RssLut(granted.vsi().vsiId(), entries), text));
    }

    /** Why the table that the PF holds is another one than was asked for; empty if it isn't. */
    private String doubt(final boolean isReplaced, final int queues, final int entries) {
        if (queues < queuePairs && (isReplaced || table.length == 0)) {
            return "the PF spreads over " + queues + " queues only";
        }
        if (isReplaced) {
            return "the VF has only " + queuePairs + " queue pairs";
        }
        return Math.max(table.length, queues) > entries
                ? "the PF's table has only " + entries + " entries"
                : "";
    }

    private static Setting.Wish function(final Negotiated granted, final HashFunction wanted) {
        return wish(new RssHashFunction(granted.vsi().vsiId(), wanted.algorithm), wanted.name());
    }

    private static Setting.Wish wish(final Message message, final String text) {
        return new Setting.Wish(message, text);
    }

    private static boolean isSane(final int count, final int max) {
        return count > 0 && count <= max;
    }
}
