package dev.javf.bench.control;

import dev.javf.bench.linux.LinuxRuleDriver;
import dev.javf.iavf.QueueOwner;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.VlanSet;

/** Linux' published rules of before 2026. */
final class LinuxContestant implements Contestant {
    private final LinuxRuleDriver driver;

    LinuxContestant(final PciDevice device, final QueueOwner owner, final PacketPool pool) {
        driver = new LinuxRuleDriver(device, owner, pool);
    }

    @Override
    public int doWork(final long nowNs) {
        return driver.doWork(nowNs);
    }

    @Override
    public void addVlans(final VlanSet vlans) {
        vlans.stream().forEach(driver::addVlan);
    }

    @Override
    public void removeVlans(final VlanSet vlans) {
        vlans.stream().forEach(driver::removeVlan);
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
        return driver.isRunning();
    }

    @Override
    public boolean isDown() {
        return driver.isDown();
    }

    @Override
    public boolean isSettled() {
        return driver.isProbed() && !driver.isResetting() && driver.isSettled();
    }
}
