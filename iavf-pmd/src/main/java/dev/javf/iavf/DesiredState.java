package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Opcode;

import java.util.function.Consumer;

/**
 * Everything that is asked of a VF, and who brings the PF there. What is wanted survives every
 * reset; what the PF holds is forgotten with it, and programmed again from here.
 */
final class DesiredState {
    private final Differences differences;
    private final QueueShaping shaping;
    private final Settings settings;
    private final ReceiveSideScaling rss;
    private final Offloads offloads;
    private final Promiscuity promiscuity;
    private final MacFilters macs;
    private final OwnAddress ownAddress;
    private final VlanProgram vlans;
    private final VlanDifferences vlanDifferences;
    private final FilterProgram filters;
    private final PfStatistics statistics = new PfStatistics();
    private final StatisticsProgram statisticsProgram;
    private final ClockProgram clockProgram;
    private final TrafficCounters traffic = new TrafficCounters();
    private final AdministratorWatch administrator;

    DesiredState(
            final DriverParts parts,
            final Differences.Listener listener,
            final Consumer<String> notices,
            final Consumer<EthStatistics> statisticsListener) {
        differences = new Differences(listener);
        shaping = new QueueShaping(parts, differences);
        settings = new Settings(parts, differences);
        rss = new ReceiveSideScaling(settings, shaping);
        offloads = new Offloads(settings, parts.context().vlanTags());
        promiscuity = new Promiscuity(settings);
        macs = new MacFilters(new MacDifferences(differences));
        ownAddress = new OwnAddress(macs, parts.context().macAddress());
        vlans = new VlanProgram(parts, parts.context().messagesInFlight());
        vlanDifferences = new VlanDifferences(vlans, differences);
        filters = new FilterProgram(parts, macs, vlans);
        statisticsProgram = new StatisticsProgram(parts, statistics, statisticsListener);
        clockProgram = new ClockProgram(parts);
        administrator = new AdministratorWatch(notices);
    }

    /** The PF has said what it grants since the last reset; the replay begins. */
    void begin(final Negotiated negotiated, final long nowNs) {
        final MacAddress assigned = negotiated.vsi().defaultMac();
        administrator.onNegotiated(negotiated, macs.own(), macs::hasTold);
        ownAddress.begin(assigned);
        shaping.begin(negotiated);
        rss.begin(negotiated);
        offloads.begin(negotiated);
        promiscuity.begin(negotiated);
        filters.begin(negotiated);
        statisticsProgram.begin(nowNs);
        clockProgram.begin(nowNs);
    }

    /** The VF was reset, or is about to be: the PF holds nothing, and no answer will come. */
    void reset() {
        shaping.reset();
        settings.reset();
        rss.reset();
        promiscuity.reset();
        filters.reset();
        vlanDifferences.reset();
        statisticsProgram.reset();
        clockProgram.reset();
    }

    /** There will be no VF any more: whoever waits is told. */
    void close(final String why) {
        filters.close(why);
    }

    /**
     * Sends what is to be sent, as far as the mailbox takes it.
     *
     * @param isReplay whether the VF isn't set up yet; then the number of queues comes first.
     * @param areQueuesNext whether the queues are about to be started, which most VLANs let pass.
     */
    int doWork(
            final Negotiated negotiated,
            final boolean isReplay,
            final boolean areQueuesNext,
            final long nowNs) {
        final int asked = shaping.doWork(negotiated, nowNs);
        if (isReplay && !shaping.isSettled(negotiated)) {
            return asked;
        }
        final int sent =
                asked
                        + settings.doWork(nowNs)
                        + filters.doWork(negotiated, areQueuesNext, nowNs)
                        + statisticsProgram.doWork(negotiated.vsi().vsiId(), nowNs)
                        + clockProgram.doWork(shaping.target(negotiated).timestamps(), nowNs);
        vlanDifferences.doWork();
        return sent;
    }

    /**
     * Gives the queues the number that they are to have, while nobody uses them.
     *
     * @return whether they have it, and the PF's table for them is answered.
     */
    boolean fit(final Negotiated negotiated, final QueueSet queues) {
        if (!shaping.fit(negotiated, queues)) {
            return false;
        }
        rss.queuePairs(queues.pairs());
        return rss.isTableSettled();
    }

    /** Whether the PF has answered for everything. */
    boolean isSettled(final Negotiated negotiated) {
        return shaping.isSettled(negotiated)
                && settings.isSettled()
                && filters.isSettled()
                && vlans.filters().isSettled();
    }

    void onUnaskedAnswer(final Opcode opcode, final int status) {
        if (opcode == Opcode.ADD_ETH_ADDR || opcode == Opcode.DEL_ETH_ADDR) {
            macs.onUnaskedAnswer(status);
        }
        settings.onUnaskedAnswer(opcode);
    }

    Differences differences() {
        return differences;
    }

    QueueShaping shaping() {
        return shaping;
    }

    Settings settings() {
        return settings;
    }

    ReceiveSideScaling rss() {
        return rss;
    }

    Offloads offloads() {
        return offloads;
    }

    Promiscuity promiscuity() {
        return promiscuity;
    }

    MacFilters macs() {
        return macs;
    }

    OwnAddress ownAddress() {
        return ownAddress;
    }

    VlanProgram vlans() {
        return vlans;
    }

    FilterProgram filters() {
        return filters;
    }

    PfStatistics statistics() {
        return statistics;
    }

    DeviceClock clock() {
        return clockProgram.clock();
    }

    StatisticsProgram statisticsProgram() {
        return statisticsProgram;
    }

    TrafficCounters traffic() {
        return traffic;
    }
}
