package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * Which lengths a PF accepts from a VF, for each operation (Linux, virtchnl.h,
 * virtchnl_vc_validate_vf_msg). A PF answers anything else with {@link Status#ERR_PARAM}. Lists
 * have a count inside, which is read first and decides; a count of 0 is refused. Some lists end in
 * one spare element, because their ABI once declared one element as part of the header. The
 * messages of large VFs (LARGE_NUM_QPAIRS) are known only to PFs that have such VFs.
 */
public final class MessageLength {
    /**
     * How long a message may be.
     *
     * @param minBytes of a list: with less, the count isn't even read. Of anything else: the
     *     length.
     * @param emptyBytes of a list: what there is apart from n elements, spare ones included.
     * @param elementBytes of a list; 0 for anything else.
     * @param countOffset where a list's count is.
     * @param countBytes 2 or 4.
     * @param zeroBytes the length that goes with a count of 0, or -1 if that is refused.
     */
    private record Rule(
            int minBytes,
            int emptyBytes,
            int elementBytes,
            int countOffset,
            int countBytes,
            int zeroBytes) {
        static Rule fixed(final int lengthBytes) {
            return new Rule(lengthBytes, lengthBytes, 0, 0, 0, -1);
        }

        static Rule list(
                final int minBytes,
                final int emptyBytes,
                final int elementBytes,
                final int countOffset) {
            return new Rule(minBytes, emptyBytes, elementBytes, countOffset, 2, -1);
        }
    }

    private static final Rule NOTHING = Rule.fixed(0);
    private static final @Nullable Rule[] RULES = rules();

    private MessageLength() {}

    private static @Nullable Rule[] rules() {
        final @Nullable Rule[] rules = new @Nullable Rule[Opcode.HQOS_ELEMS_CONF.code() + 1];
        put(rules, Rule.fixed(8), Opcode.VERSION, Opcode.CONFIG_RSS_HFUNC, Opcode.SET_RSS_HASHCFG);
        put(
                rules,
                NOTHING,
                Opcode.RESET_VF,
                Opcode.GET_RSS_HASHCFG,
                Opcode.ENABLE_VLAN_STRIPPING,
                Opcode.DISABLE_VLAN_STRIPPING,
                Opcode.DISABLE_CHANNELS,
                Opcode.GET_SUPPORTED_RXDIDS,
                Opcode.GET_MAX_RSS_QREGION,
                Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                Opcode.GET_QOS_CAPS);
        put(rules, Rule.fixed(4), Opcode.GET_VF_RESOURCES, Opcode.CONFIG_PROMISCUOUS_MODE);
        put(rules, Rule.fixed(24), Opcode.CONFIG_TX_QUEUE);
        put(rules, Rule.fixed(40), Opcode.CONFIG_RX_QUEUE);
        put(rules, Rule.list(72, 72, 64, 2), Opcode.CONFIG_VSI_QUEUES);
        put(rules, Rule.list(14, 14, 12, 0), Opcode.CONFIG_IRQ_MAP);
        put(
                rules,
                Rule.fixed(12),
                Opcode.ENABLE_QUEUES,
                Opcode.DISABLE_QUEUES,
                Opcode.GET_STATS,
                Opcode.DEL_FDIR_FILTER,
                Opcode.CONFIG_QUANTA);
        put(rules, Rule.list(12, 12, 8, 2), Opcode.ADD_ETH_ADDR, Opcode.DEL_ETH_ADDR);
        put(rules, Rule.list(6, 6, 2, 2), Opcode.ADD_VLAN, Opcode.DEL_VLAN);
        put(rules, new Rule(6, 5, 1, 2, 2, 6), Opcode.CONFIG_RSS_KEY, Opcode.CONFIG_RSS_LUT);
        put(rules, Rule.fixed(2), Opcode.REQUEST_QUEUES);
        put(rules, new Rule(24, 8, 16, 0, 4, -1), Opcode.ENABLE_CHANNELS);
        put(rules, Rule.fixed(272), Opcode.ADD_CLOUD_FILTER, Opcode.DEL_CLOUD_FILTER);
        put(rules, Rule.fixed(2444), Opcode.ADD_RSS_CFG, Opcode.DEL_RSS_CFG);
        put(rules, Rule.fixed(2616), Opcode.ADD_FDIR_FILTER);
        put(rules, Rule.list(40, 8, 32, 2), Opcode.ADD_VLAN_V2, Opcode.DEL_VLAN_V2);
        put(
                rules,
                Rule.fixed(16),
                Opcode.ENABLE_VLAN_STRIPPING_V2,
                Opcode.DISABLE_VLAN_STRIPPING_V2,
                Opcode.ENABLE_VLAN_INSERTION_V2,
                Opcode.DISABLE_VLAN_INSERTION_V2,
                Opcode.PTP_GET_TIME);
        put(rules, Rule.fixed(48), Opcode.PTP_GET_CAPS);
        put(rules, Rule.list(16, 4, 12, 2), Opcode.CONFIG_QUEUE_BW);
        put(rules, Rule.list(16, 8, 8, 4), Opcode.ENABLE_QUEUES_V2, Opcode.DISABLE_QUEUES_V2);
        put(rules, Rule.list(24, 8, 16, 2), Opcode.MAP_QUEUE_VECTOR);
        return rules;
    }

    private static void put(
            final @Nullable Rule[] rules, final Rule rule, final Opcode... opcodes) {
        for (final Opcode opcode : opcodes) {
            rules[opcode.code()] = rule;
        }
    }

    /**
     * Whether a PF accepts a message's length.
     *
     * @param opcode of the message.
     * @param buffer a private copy of the message; at least {@code lengthBytes} from the offset.
     * @param offset of its first byte.
     * @param lengthBytes its length, 0 or more.
     * @param peerIsVersion10 whether the VF said version 1.0 and not 1.1.
     * @return false also for an operation that the PF doesn't know.
     */
    public static boolean isValid(
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes,
            final boolean peerIsVersion10) {
        final Rule rule = rule(opcode, peerIsVersion10);
        return rule != null && expectedBytes(rule, buffer, offset, lengthBytes) == lengthBytes;
    }

    /**
     * Why a PF refuses a message's length, or that it doesn't.
     *
     * @param opcode of the message.
     * @param buffer a private copy of the message; at least {@code lengthBytes} from the offset.
     * @param offset of its first byte.
     * @param lengthBytes its length, 0 or more.
     * @param peerIsVersion10 whether the VF said version 1.0 and not 1.1.
     * @return one line.
     */
    public static String explain(
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes,
            final boolean peerIsVersion10) {
        final String name = Opcode.nameOf(opcode);
        final Rule rule = rule(opcode, peerIsVersion10);
        if (rule == null) {
            return name + ": " + lengthBytes + " bytes, but a PF takes no such operation";
        }
        final long expected = expectedBytes(rule, buffer, offset, lengthBytes);
        if (expected == lengthBytes) {
            return name + ": " + lengthBytes + " bytes, as expected";
        }
        if (rule.elementBytes == 0) {
            return name + ": " + lengthBytes + " bytes, expected " + rule.minBytes;
        }
        if (lengthBytes < rule.minBytes) {
            return name + ": " + lengthBytes + " bytes, expected at least " + rule.minBytes;
        }
        final long count = count(rule, buffer, offset);
        if (expected < 0) {
            return name + ": element count 0, expected 1 or more";
        }
        return name
                + ": "
                + lengthBytes
                + " bytes, expected "
                + expected
                + " for "
                + count
                + " elements";
    }

    /** Whether there is a rule for an operation at all. */
    static boolean isKnown(final int opcode) {
        return rule(opcode, false) != null;
    }

    private static @Nullable Rule rule(final int opcode, final boolean peerIsVersion10) {
        if (opcode < 0 || opcode >= RULES.length) {
            return null;
        }
        return peerIsVersion10 && opcode == Opcode.GET_VF_RESOURCES.code()
                ? NOTHING
                : RULES[opcode];
    }

    /** The only length that is right, or -1 if none is. */
    private static long expectedBytes(
            final Rule rule, final MemorySegment buffer, final long offset, final int lengthBytes) {
        if (rule.elementBytes == 0 || lengthBytes < rule.minBytes) {
            return rule.elementBytes == 0 ? rule.minBytes : -1;
        }
        final long count = count(rule, buffer, offset);
        return count == 0 ? rule.zeroBytes : rule.emptyBytes + count * rule.elementBytes;
    }

    private static long count(final Rule rule, final MemorySegment buffer, final long offset) {
        return rule.countBytes == 4
                ? Integer.toUnsignedLong(Wire.i32(buffer, offset + rule.countOffset))
                : Wire.u16(buffer, offset + rule.countOffset);
    }
}
