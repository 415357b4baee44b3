package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A virtual function, driven by whatever driver is under test. Any thread may ask; nothing waits.
 */
interface SuiteFunction {
    /** {@code sim:0/1}. */
    String name();

    /**
     * Wants VLANs once more.
     *
     * @param vlans which.
     * @return completes when the driver has done with it, refusals included.
     */
    CompletableFuture<?> addVlans(VlanSet vlans);

    /**
     * Wants VLANs once less.
     *
     * @param vlans which.
     * @return completes when the driver has done with it.
     */
    CompletableFuture<?> removeVlans(VlanSet vlans);

    /** Wants packets to flow. */
    void up();

    /** Wants packets to stop. */
    void down();

    /** What the driver knows now. */
    CompletableFuture<VfView> view();

    /** The function's own address; null before there is one. */
    CompletableFuture<@Nullable MacAddress> macAddress();

    /**
     * Serves these ports and no others.
     *
     * @param bindings the ports.
     * @return completes when they are served.
     */
    CompletableFuture<?> ports(List<PortBinding> bindings);

    /** Lets go of the device. */
    CompletableFuture<?> unbind();

    /** Takes it again; it begins without VLANs and down. */
    CompletableFuture<?> bind();

    /** What the driver has counted that should never happen; empty if nothing. */
    CompletableFuture<String> trouble();
}
