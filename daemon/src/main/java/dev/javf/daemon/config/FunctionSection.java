package dev.javf.daemon.config;

import dev.javf.daemon.FunctionName;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Section {@code functions.NAME}: a virtual function to drive.
 *
 * @param values as read.
 */
public record FunctionSection(Values values) {
    private static final int QUEUE_POLLER_MAX = 63;
    private static final int RING_LENGTH_MIN = 64;
    private static final int RING_LENGTH_MULTIPLE = 32;
    private static final int FRAME_BYTES_MIN = 60;
    private static final int MESSAGES_MAX = 32;
    private static final int QUEUE_PAIRS_USUAL = 16;

    static final Key<FunctionName> DEVICE =
            Key.required(
                    "device",
                    new ValueType<>(
                            "a function's name", raw -> FunctionName.of(String.valueOf(raw))),
                    "The function: a PCI address (0000:3b:01.0) that is bound to vfio-pci;"
                            + " pf:NAME/N for VF N of the network device NAME, wherever it is;"
                            + " env:VARIABLE or env:VARIABLE/N for the first or the N-th (from 0)"
                            + " address in an environment variable, such as PCIDEVICE_..., which"
                            + " Kubernetes' SR-IOV device plugin sets; vfio-user:SOCKET for one"
                            + " that another process serves; sim:PF/VF for one that is simulated"
                            + " in the daemon itself.");

    static final Key<Boolean> REQUIRED =
            Key.of(
                    "required",
                    ValueType.flag(),
                    "true",
                    "Whether the daemon is ready only while this function is up.");

    static final Key<VlanSet> VLANS =
            Key.of(
                    "vlans",
                    ValueType.vlans(),
                    "none",
                    "VLANs that are wanted beside those of the ports, such as \"100-107,200\".");

    static final Key<MacAddress> MAC =
            Key.optional(
                    "mac",
                    ValueType.unicastMac(),
                    "The function's own MAC address. Without it the one that the PF gives is"
                            + " used.");

    static final Key<List<MacAddress>> ADDRESSES =
            Key.of(
                    "addresses",
                    ValueType.list(ValueType.mac()),
                    "[]",
                    "More unicast or multicast MAC addresses to receive frames for. A PF allows"
                            + " 18 in all for a function that it doesn't trust.");

    static final Key<String> PROMISCUOUS =
            Key.of(
                    "promiscuous",
                    ValueType.choice(List.of("none", "unicast", "multicast", "all")),
                    "none",
                    "What is received whatever its address. Needs a function that the PF"
                            + " trusts.");

    static final Key<Integer> MAX_FRAME =
            Key.of(
                    "max-frame",
                    ValueType.integer(FRAME_BYTES_MIN, PacketPool.DATA_CAPACITY_BYTES_DEFAULT),
                    Integer.toString(VirtualFunctionContext.FRAME_BYTES_DEFAULT),
                    "Longest frame in bytes, without frame check sequence and without the tag that"
                            + " the device strips. The MTU is 14 less.");

    static final Key<Integer> QUEUE_PAIRS =
            Key.of(
                    "queue-pairs",
                    ValueType.integer(1, VirtualFunctionContext.QUEUE_PAIRS_MAX),
                    "1",
                    "Rx and Tx queues. What the PF doesn't give is reported, and the rest used."
                        + " More than 16 need a PF with large VFs, and rings for them are made when"
                        + " the function is opened.");

    static final Key<List<Integer>> POLLERS =
            Key.of(
                    "pollers",
                    ValueType.list(ValueType.integer(0, QUEUE_POLLER_MAX)),
                    "[]",
                    "The pollers of its queue pairs, by number: queue 0's, queue 1's and so on, and"
                            + " round again. Unless set the n-th function begins with poller n, and"
                            + " goes round all of them. `javfctl poller move` changes it until the"
                            + " daemon ends.");

    static final Key<Integer> RING_LENGTH =
            Key.of(
                    "ring-length",
                    new ValueType<>(
                            "a multiple of 32, 64 to 4096",
                            raw -> {
                                final int length =
                                        ValueType.integer(
                                                        RING_LENGTH_MIN,
                                                        VirtualFunctionContext.RING_LENGTH_MAX)
                                                .read(raw);
                                if (length % RING_LENGTH_MULTIPLE != 0) {
                                    throw ValueType.refusal(
                                            raw, "a multiple of 32, 64 to 4096", null);
                                }
                                return length;
                            }),
                    "512",
                    "Descriptors in each Rx and Tx ring.");

    static final Key<Boolean> FLEXIBLE_DESCRIPTORS =
            Key.of(
                    "flexible-descriptors",
                    ValueType.flag(),
                    "false",
                    "Receive descriptors of the flexible format (RXDID 2) instead of the legacy"
                            + " one, where the PF offers them.");

    static final Key<Integer> MESSAGES_IN_FLIGHT =
            Key.of(
                    "messages-in-flight",
                    ValueType.integer(1, MESSAGES_MAX),
                    "8",
                    "Messages to the PF that may be unanswered at the same time. A PF takes too"
                            + " many for an attack (ice: 63).");

    static final Key<Long> STATISTICS_PERIOD =
            Key.of(
                    "statistics-period",
                    ValueType.duration(
                            TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.HOURS.toNanos(1)),
                    "1s",
                    "How often the PF is asked for its counters. A scrape asks nobody.");

    static final Key<Integer> RESETS_PER_MINUTE =
            Key.of(
                    "resets-per-minute",
                    ValueType.integer(1, VirtualFunctionContext.RESETS_PER_MINUTE_MAX),
                    Integer.toString(VirtualFunctionContext.RESETS_PER_MINUTE_DEFAULT),
                    "More resets than this are a storm: an alarm, and pauses before each.");

    static final Key<UUID> TOKEN =
            Key.optional(
                    "token",
                    new ValueType<>(
                            "a UUID",
                            raw -> {
                                try {
                                    return UUID.fromString(String.valueOf(raw));
                                } catch (final IllegalArgumentException e) {
                                    throw ValueType.refusal("(hidden)", "a UUID", e);
                                }
                            }),
                    "The VF token, a UUID. Only for a function whose PF is bound to vfio-pci,"
                            + " too.");

    static final Key<Boolean> ALLOW_NO_IOMMU =
            Key.of(
                    "unsafe-no-iommu",
                    ValueType.flag(),
                    "false",
                    "Drives the function even if no IOMMU confines it: it can then read and write"
                            + " all of the machine's memory. Never where that matters.");

    static final List<Key<?>> KEYS =
            List.of(
                    DEVICE,
                    REQUIRED,
                    VLANS,
                    MAC,
                    ADDRESSES,
                    PROMISCUOUS,
                    MAX_FRAME,
                    QUEUE_PAIRS,
                    POLLERS,
                    RING_LENGTH,
                    FLEXIBLE_DESCRIPTORS,
                    MESSAGES_IN_FLIGHT,
                    STATISTICS_PERIOD,
                    RESETS_PER_MINUTE,
                    TOKEN,
                    ALLOW_NO_IOMMU);

    /** What the function is called here. */
    public String name() {
        return values.name();
    }

    /** Which one it is. */
    public FunctionName device() {
        return values.get(DEVICE);
    }

    /** Whether the daemon isn't ready without it. */
    public boolean isRequired() {
        return values.get(REQUIRED);
    }

    /** VLANs that are wanted besides those of the ports. */
    public VlanSet vlans() {
        return values.get(VLANS);
    }

    /** The own address; null for the PF's choice. */
    public @Nullable MacAddress mac() {
        return values.find(MAC).orElse(null);
    }

    /** More addresses. */
    public List<MacAddress> addresses() {
        return values.get(ADDRESSES);
    }

    /** Whether all unicast frames are wanted. */
    public boolean isUnicastPromiscuous() {
        return List.of("unicast", "all").contains(values.get(PROMISCUOUS));
    }

    /** Whether all multicast frames are wanted. */
    public boolean isMulticastPromiscuous() {
        return List.of("multicast", "all").contains(values.get(PROMISCUOUS));
    }

    /** The longest frame in bytes. */
    public int maxFrameBytes() {
        return values.get(MAX_FRAME);
    }

    /** Rx and Tx queues. */
    public int queuePairs() {
        return values.get(QUEUE_PAIRS);
    }

    /** Queue pairs that it can be given while it is open. */
    private int room() {
        return Math.max(queuePairs(), QUEUE_PAIRS_USUAL);
    }

    /** Pollers of its queue pairs; empty for all in turn. */
    public List<Integer> pollers() {
        return values.get(POLLERS);
    }

    /**
     * The poller that a queue pair begins with.
     *
     * @param place of the function in the configuration.
     * @param queue of the pair.
     * @param count number of pollers.
     * @return 0 to {@code count} - 1.
     */
    public int pollerOf(final int place, final int queue, final int count) {
        final List<Integer> chosen = pollers();
        return chosen.isEmpty() ? (place + queue) % count : chosen.get(queue % chosen.size());
    }

    /** Descriptors in a ring. */
    public int ringLength() {
        return values.get(RING_LENGTH);
    }

    /** Whether flexible descriptors are wanted. */
    public boolean hasFlexibleDescriptors() {
        return values.get(FLEXIBLE_DESCRIPTORS);
    }

    /** Unanswered messages at the same time. */
    public int messagesInFlight() {
        return values.get(MESSAGES_IN_FLIGHT);
    }

    /** How often the PF is asked for its counters, in nanoseconds. */
    public long statisticsPeriodNs() {
        return values.get(STATISTICS_PERIOD);
    }

    /** From how many resets on it is a storm. */
    public int resetsPerMinute() {
        return values.get(RESETS_PER_MINUTE);
    }

    /** The VF token; null for none. */
    public @Nullable UUID token() {
        return values.find(TOKEN).orElse(null);
    }

    /** Whether a function without IOMMU may be driven. */
    public boolean isNoIommuAllowed() {
        return values.get(ALLOW_NO_IOMMU);
    }

    /** Packet buffers that its rings can take. */
    public long buffers() {
        return Math.max(1024L, 2L * queuePairs() * ringLength());
    }

    /**
     * Whether something differs that can only be set when the function is opened.
     *
     * @param other the same function as it was.
     * @return true if it has to be opened anew.
     */
    public boolean needsReopening(final FunctionSection other) {
        return !device().equals(other.device())
                || !pollers().equals(other.pollers())
                || room() != other.room()
                || ringLength() != other.ringLength()
                || messagesInFlight() != other.messagesInFlight()
                || statisticsPeriodNs() != other.statisticsPeriodNs()
                || resetsPerMinute() != other.resetsPerMinute()
                || isNoIommuAllowed() != other.isNoIommuAllowed()
                || !Objects.equals(token(), other.token());
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final FunctionSection other) {
        return values.sameAs(other.values);
    }
}
