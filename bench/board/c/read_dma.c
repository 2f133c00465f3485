// Two short interrupts a sample: the edge's starts the transfer, the DMA's end of it commits the slot.
#include "hardware/dma.h"
#include "hardware/gpio.h"
#include "hardware/i2c.h"
#include "hardware/irq.h"
#include "hardware/timer.h"
#include "read.h"
#include "ring.h"

#define FIFO_ROOM 8

static uint32_t commands[1 + SAMPLE_LEN];
static uint32_t tx_channel, rx_channel;

static inline void begin(slot_t *slot) {
    dma_hw->ch[rx_channel].al2_write_addr_trig = (uint32_t)slot->octets;
    dma_hw->ch[tx_channel].al3_read_addr_trig = (uint32_t)commands;
}

static void on_edge(void) {
    uint32_t stamp = timer_hw->timerawl;
    gpio_acknowledge_irq(READY_PIN, GPIO_IRQ_EDGE_RISE);
    uint32_t at = ring_reserved;
    // With a transfer under way, its end begins this one.
    if (ring_reserve(stamp) && at == ring_committed) {
        begin(ring_slot(at));
    }
}

static void on_end(void) {
    dma_hw->ints0 = 1u << rx_channel;
    uint32_t at = ring_committed + 1;
    if (at != ring_reserved) {
        begin(ring_slot(at));
    }
    ring_committed = at;
}

void read_init(void) {
    commands[0] = DATA_REGISTER;
    for (int i = 1; i <= SAMPLE_LEN; i++) {
        commands[i] = I2C_IC_DATA_CMD_CMD_BITS;
    }
    commands[1] |= I2C_IC_DATA_CMD_RESTART_BITS;
    commands[SAMPLE_LEN] |= I2C_IC_DATA_CMD_STOP_BITS;
    i2c_hw_t *bus = i2c_get_hw(BUS);
    bus->enable = 0;
    bus->tar = SENSOR_ADDRESS;
    bus->dma_tdlr = FIFO_ROOM;
    bus->dma_rdlr = 0;
    bus->dma_cr = I2C_IC_DMA_CR_TDMAE_BITS | I2C_IC_DMA_CR_RDMAE_BITS;
    bus->enable = 1;

    tx_channel = dma_claim_unused_channel(true);
    dma_channel_config tx = dma_channel_get_default_config(tx_channel);
    channel_config_set_dreq(&tx, i2c_get_dreq(BUS, true));
    dma_channel_configure(tx_channel, &tx, &bus->data_cmd, commands, 1 + SAMPLE_LEN, false);
    rx_channel = dma_claim_unused_channel(true);
    dma_channel_config rx = dma_channel_get_default_config(rx_channel);
    channel_config_set_transfer_data_size(&rx, DMA_SIZE_8);
    channel_config_set_read_increment(&rx, false);
    channel_config_set_write_increment(&rx, true);
    channel_config_set_dreq(&rx, i2c_get_dreq(BUS, false));
    dma_channel_configure(rx_channel, &rx, ring[0].octets, &bus->data_cmd, SAMPLE_LEN, false);

    dma_channel_set_irq0_enabled(rx_channel, true);
    irq_set_exclusive_handler(DMA_IRQ_0, on_end);
    irq_set_enabled(DMA_IRQ_0, true);
    irq_set_exclusive_handler(IO_IRQ_BANK0, on_edge);
    gpio_set_irq_enabled(READY_PIN, GPIO_IRQ_EDGE_RISE, true);
    irq_set_enabled(IO_IRQ_BANK0, true);
}
