#include "link.h"

#include <string.h>

#include "hardware/dma.h"
#include "hardware/gpio.h"
#include "hardware/uart.h"

#define TX_PIN 0
#ifndef BAUD
#define BAUD 921600
#endif
#define QUEUE_BITS 13
#define QUEUE_LEN (1u << QUEUE_BITS)

// Aligned to its length: so the DMA wraps by itself.
static uint8_t queue[QUEUE_LEN] __attribute__((aligned(QUEUE_LEN)));
static uint32_t head, tail, sending;  // head and tail run freely; sending: octets the DMA has been given
static uint32_t channel;

void link_init(void) {
    gpio_set_function(TX_PIN, GPIO_FUNC_UART);
    uart_init(uart0, BAUD);
    channel = dma_claim_unused_channel(true);
    dma_channel_config config = dma_channel_get_default_config(channel);
    channel_config_set_transfer_data_size(&config, DMA_SIZE_8);
    channel_config_set_ring(&config, false, QUEUE_BITS);
    channel_config_set_dreq(&config, uart_get_dreq(uart0, true));
    dma_channel_configure(channel, &config, &uart_get_hw(uart0)->dr, queue, 0, false);
    uart_get_hw(uart0)->dmacr = UART_UARTDMACR_TXDMAE_BITS;
}

bool link_put(const uint8_t *octets, uint32_t size) {
    if (head - tail + size > QUEUE_LEN) {
        return false;
    }
    uint32_t at = head % QUEUE_LEN, before_end = QUEUE_LEN - at;
    uint32_t first = size < before_end ? size : before_end;
    memcpy(queue + at, octets, first);
    memcpy(queue, octets + first, size - first);
    head += size;
    return true;
}

void link_pump(void) {
    if (dma_channel_is_busy(channel)) {
        return;
    }
    tail += sending;
    sending = head - tail;
    if (sending) {
        dma_channel_transfer_from_buffer_now(channel, queue + tail % QUEUE_LEN, sending);
    }
}
