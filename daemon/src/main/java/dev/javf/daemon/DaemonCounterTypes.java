package dev.javf.daemon;

import dev.javf.packet.CounterType;

/** What the daemon itself counts. The numbers are part of the counters file. */
public final class DaemonCounterTypes {
    public static final CounterType PORT_RX_PACKETS = CounterType.count(401, "from port packets");
    public static final CounterType PORT_RX_BYTES = CounterType.count(402, "from port bytes");
    public static final CounterType PORT_RX_TOO_LONG =
            CounterType.count(403, "from port drops: too long");
    public static final CounterType PORT_RX_TOO_SHORT =
            CounterType.count(404, "from port drops: too short");
    public static final CounterType PORT_RX_TAGGED =
            CounterType.count(405, "from port drops: VLAN tag not allowed");
    public static final CounterType PORT_RX_SPOOFED =
            CounterType.count(406, "from port drops: spoofed address");
    public static final CounterType PORT_RX_ERRORS = CounterType.count(407, "from port errors");
    public static final CounterType PORT_TX_PACKETS = CounterType.count(408, "to port packets");
    public static final CounterType PORT_TX_BYTES = CounterType.count(409, "to port bytes");
    public static final CounterType PORT_TX_ERRORS =
            CounterType.count(410, "to port drops: refused");
    public static final CounterType PORT_TX_FULL =
            CounterType.count(411, "to port drops: not read fast enough");

    public static final CounterType NO_PORT = CounterType.count(420, "drops: no port");
    public static final CounterType QUEUES_GONE =
            CounterType.count(421, "drops: queues taken away");

    /** From one poller to another; the index is the poller that it came from. */
    public static final CounterType CROSSED = CounterType.count(422, "crossed to poller");

    public static final CounterType CROSSING_DROPS =
            CounterType.count(423, "drops: port gone while crossing");

    public static final CounterType BEATS = CounterType.count(501, "beats");
    public static final CounterType LAST_BEAT = CounterType.level(502, "last beat ns");
    public static final CounterType LONGEST_BEAT =
            CounterType.level(503, "longest time between beats ns");
    public static final CounterType STALLS = CounterType.count(504, "stalls");
    public static final CounterType CYCLE_TIMES =
            CounterType.count(505, "sampled duty cycles by time");
    public static final CounterType SLEEPS = CounterType.count(506, "sleeps");
    public static final CounterType MISSED = CounterType.count(507, "missed wake-ups");
    public static final CounterType POOL_FREE = CounterType.level(508, "packet buffers free");
    public static final CounterType POOL_BUFFERS = CounterType.level(509, "packet buffers");
    public static final CounterType BUSY_CYCLES =
            CounterType.count(510, "sampled duty cycles that found work");

    private DaemonCounterTypes() {}
}
