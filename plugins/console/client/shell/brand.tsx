export const Brand = () => (
  <a class="brand" href="#/">
    <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" />
      <path d="M7 16.5h9.2a3.3 3.3 0 0 0 .5-6.6 5 5 0 0 0-9.6-.9A3.8 3.8 0 0 0 7 16.5Z" />
    </svg>
    Kintoun
  </a>
);
