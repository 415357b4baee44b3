package dev.javf.bench.control;

import dev.javf.virtchnl.VlanSet;

import java.util.ArrayDeque;

/**
 * One synchronous round trip for each VLAN, as DPDK's driver has it: the next VLAN is asked for
 * when the PF has answered for the last one. DPDK looks for the answer once a millisecond; this one
 * looks all the time, so it is rather too fast. DPDK keeps no list of filters: after a reset the
 * application asks for all of them again, in the same way.
 */
final class SynchronousContestant implements Contestant {
    private final Contestant driver;
    private final ArrayDeque<Integer> waiting = new ArrayDeque<>();

    /**
     * The rule on top of a driver.
     *
     * @param driver sends the messages, one at a time.
     */
    SynchronousContestant(final Contestant driver) {
        this.driver = driver;
    }

    @Override
    public int doWork(final long nowNs) {
        final int work = driver.doWork(nowNs);
        if (waiting.isEmpty() || !driver.isUp() || !driver.isSettled()) {
            return work;
        }
        driver.addVlans(VlanSet.of(waiting.remove()));
        return work + 1;
    }

    @Override
    public void addVlans(final VlanSet vlans) {
        vlans.stream().forEach(waiting::add);
    }

    @Override
    public void removeVlans(final VlanSet vlans) {
        driver.removeVlans(vlans);
    }

    @Override
    public void up() {
        driver.up();
    }

    @Override
    public void down() {
        driver.down();
    }

    @Override
    public boolean isUp() {
        return driver.isUp();
    }

    @Override
    public boolean isDown() {
        return driver.isDown();
    }

    @Override
    public boolean isSettled() {
        return waiting.isEmpty() && driver.isSettled();
    }
}
