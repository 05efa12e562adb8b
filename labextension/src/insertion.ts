import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

/**
 * Writes a cell below the active one when a widget of snnlab asks for it.
 *
 * The cell is written and not run. A widget learns from the cancelled event that it was heard.
 */
export const insertion: JupyterFrontEndPlugin<void> = {
  id: 'snnlab:insertion',
  description: 'Writes the cell that the model builder hands over.',
  autoStart: true,
  activate: ({ commands }: JupyterFrontEnd) => {
    document.addEventListener('snnlab:insert-cell', event => {
      const text: unknown = event instanceof CustomEvent ? event.detail?.text : undefined;
      if (typeof text !== 'string' || !commands.isEnabled('notebook:insert-cell-below')) {
        return;
      }
      event.preventDefault();
      void commands
        .execute('notebook:insert-cell-below')
        .then(() => commands.execute('notebook:replace-selection', { text }));
    });
  }
};
