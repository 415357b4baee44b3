/** A PF, its VFs and their switch in software. */
module dev.javf.sim {
    requires static org.jspecify;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.packet;
    requires transitive dev.javf.virtchnl;
    requires transitive org.agrona;
    requires com.fasterxml.jackson.core;
    requires info.picocli;

    exports dev.javf.sim;

    opens dev.javf.sim.program to
            info.picocli;
}
