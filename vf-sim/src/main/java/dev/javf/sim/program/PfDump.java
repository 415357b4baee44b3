package dev.javf.sim.program;

import com.fasterxml.jackson.core.JsonGenerator;

import dev.javf.sim.DropCause;
import dev.javf.sim.PortCounters;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.sim.VlanOffloadState;
import dev.javf.sim.Wire;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Writes everything that a PF holds as JSON. For the model's thread. */
final class PfDump {
    private final JsonGenerator json;

    /**
     * A dump.
     *
     * @param json where it goes.
     */
    PfDump(final JsonGenerator json) {
        this.json = json;
    }

    /** Writes the PF with the VFs that are given. */
    void write(final SimulatedPhysicalFunction pf, final List<SimulatedVirtualFunction> functions)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", pf.name());
        json.writeStringField("mode", pf.context().mode().text());
        json.writeBooleanField("linkUp", pf.ethernetSwitch().wire().linkUp());
        json.writeNumberField("linkSpeedMbps", pf.context().linkSpeedMbps());
        json.writeBooleanField("vfVlanPruning", pf.host().isVlanPruning());
        json.writeBooleanField("vfTruePromiscuous", pf.host().isTruePromiscuous());
        json.writeFieldName("wire");
        write(pf.ethernetSwitch().wire());
        json.writeArrayFieldStart("vfs");
        for (final SimulatedVirtualFunction function : functions) {
            write(pf, function);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(final Wire wire) throws IOException {
        json.writeStartObject();
        json.writeNumberField("toSwitch", wire.sentFrames());
        json.writeNumberField("toSwitchLost", wire.sentLost());
        json.writeNumberField("fromSwitch", wire.receivedFrames());
        json.writeNumberField("fromSwitchLost", wire.receivedLost());
        json.writeEndObject();
    }

    private void write(final SimulatedPhysicalFunction pf, final SimulatedVirtualFunction function)
            throws IOException {
        final VfSnapshot snapshot = function.snapshot();
        json.writeStartObject();
        json.writeNumberField("vf", function.index());
        json.writeStringField("phase", snapshot.phase().name());
        json.writeNumberField("resets", snapshot.resets());
        json.writeBooleanField("malicious", snapshot.isMalicious());
        json.writeStringField("linkState", snapshot.linkMode().name().toLowerCase(Locale.ROOT));
        json.writeBooleanField("linkUp", snapshot.isLinkUp());
        json.writeBooleanField("trusted", snapshot.isTrusted());
        json.writeBooleanField("spoofChecked", snapshot.isSpoofChecked());
        json.writeFieldName("portVlan");
        write(snapshot.portVlan());
        writeNames(
                "capabilities",
                Arrays.stream(Capability.values())
                        .filter(capability -> capability.isIn(snapshot.capabilities()))
                        .map(Capability::name)
                        .toList());
        writeNames(
                "allowed",
                Arrays.stream(Opcode.values())
                        .filter(opcode -> snapshot.allowList().allows(opcode.code()))
                        .map(Opcode::name)
                        .toList());
        json.writeArrayFieldStart("vlans");
        for (final VlanKey vlan : snapshot.vlans().stream().sorted().toList()) {
            json.writeStartObject();
            json.writeNumberField("vlan", vlan.vlanId());
            json.writeStringField("tpid", hex(vlan.tpid()));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("countedVlans", snapshot.countedVlans());
        json.writeNumberField("maxVlans", snapshot.maxVlans());
        json.writeFieldName("vlanOffloads");
        write(snapshot.vlanOffloads());
        writeNames("macs", snapshot.macs().stream().map(Object::toString).sorted().toList());
        json.writeStringField("defaultMac", snapshot.defaultMac().toString());
        json.writeNumberField("promiscuity", snapshot.promiscuity());
        json.writeNumberField("queuePairs", snapshot.queuePairs());
        writeBits("rxQueues", snapshot.rxQueues());
        writeBits("txQueues", snapshot.txQueues());
        json.writeStringField(
                "rssKey",
                snapshot.rssKey() == null
                        ? null
                        : HexFormat.of().formatHex(snapshot.rssKey().key()));
        json.writeStringField(
                "rssLut",
                snapshot.rssLut() == null
                        ? null
                        : HexFormat.of().formatHex(snapshot.rssLut().table()));
        json.writeStringField("rssPacketTypes", "0x" + Long.toHexString(snapshot.rssPacketTypes()));
        json.writeFieldName("counters");
        write(pf.ethernetSwitch().ports().get(function.index()).counters());
        json.writeNumberField("dmaMappings", function.dma().size());
        json.writeNumberField("dmaFaults", function.dma().faultCount());
        json.writeEndObject();
    }

    private void write(final @Nullable PortVlan portVlan) throws IOException {
        if (portVlan == null) {
            json.writeNull();
            return;
        }
        json.writeStartObject();
        json.writeNumberField("vlan", portVlan.vlanId());
        json.writeNumberField("qos", portVlan.priority());
        json.writeStringField("tpid", hex(portVlan.tpid()));
        json.writeEndObject();
    }

    private void write(final VlanOffloadState offloads) throws IOException {
        json.writeStartObject();
        json.writeStringField("outerStripping", hex(offloads.outerStripping()));
        json.writeStringField("innerStripping", hex(offloads.innerStripping()));
        json.writeStringField("outerInsertion", hex(offloads.outerInsertion()));
        json.writeStringField("innerInsertion", hex(offloads.innerInsertion()));
        json.writeEndObject();
    }

    private void write(final PortCounters counters) throws IOException {
        json.writeStartObject();
        json.writeNumberField("rxBytes", counters.rxBytes());
        json.writeNumberField("rxUnicast", counters.rxUnicast());
        json.writeNumberField("rxMulticast", counters.rxMulticast());
        json.writeNumberField("rxBroadcast", counters.rxBroadcast());
        json.writeNumberField("rxDiscards", counters.rxDiscards());
        json.writeNumberField("txBytes", counters.txBytes());
        json.writeNumberField("txUnicast", counters.txUnicast());
        json.writeNumberField("txMulticast", counters.txMulticast());
        json.writeNumberField("txBroadcast", counters.txBroadcast());
        json.writeNumberField("txDiscards", counters.txDiscards());
        json.writeNumberField("txErrors", counters.txErrors());
        json.writeObjectFieldStart("drops");
        for (final DropCause cause : DropCause.values()) {
            if (counters.drops(cause) > 0) {
                json.writeNumberField(cause.name(), counters.drops(cause));
            }
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private void writeNames(final String field, final List<String> names) throws IOException {
        json.writeArrayFieldStart(field);
        for (final String name : names) {
            json.writeString(name);
        }
        json.writeEndArray();
    }

    private void writeBits(final String field, final BigInteger bits) throws IOException {
        json.writeFieldName(field);
        final int[] numbers = IntStream.range(0, bits.bitLength()).filter(bits::testBit).toArray();
        json.writeArray(numbers, 0, numbers.length);
    }

    private static String hex(final int tpid) {
        return "0x" + Integer.toHexString(tpid);
    }
}
